import type { Rule } from '../finding.js'
import { numberOf } from '../subject.js'

const train = 'model.data.train_ds.max_seq_length'
const validation = 'model.data.validation_ds.max_seq_length'

const sorted = (value: number): string => [...String(value)].sort().join('')

/**
 * The tutorial validates with 4906 tokens, its later edition with 4096:
 * docs/reference/training-tools.md#the-tutorials-commands.
 */
export const validationLength: Rule = {
  id: 'validation-length',
  severity: 'warning',
  title: 'different sequence lengths in validation and training',
  check: subject => {
    const [ours, theirs] = [numberOf(subject, train), numberOf(subject, validation)]
    if (ours === null || theirs === null || ours === theirs) return []
    const slip = sorted(ours) === sorted(theirs) ? `: the digits of ${ours} in another order, probably a slip` : ''
    return [
      { text: `validation reads ${theirs} tokens, training ${ours}${slip}`, next: `set ${validation} to ${ours}` },
    ]
  },
}

export const shorterThanClean: Rule = {
  id: 'shorter-than-clean',
  severity: 'warning',
  title: 'training reads fewer tokens than `clean` assumes',
  check: ({ maxLength }, { seqLen }) =>
    maxLength === null || seqLen === null || maxLength >= seqLen
      ? []
      : [
          {
            text: `it reads ${maxLength} tokens of a conversation; clean keeps those whose first learnt token is within ${seqLen}`,
            next: `set clean.seqLen to ${maxLength}, or read more: nothing is learnt from conversations in between`,
          },
        ],
}
