import { attributeSets } from '../attributes.js'
import { floatJson } from '../conversation-line.js'
import { isMasked } from '../formats/speakers.js'
import { hasScores, parseLabel } from '../label-line.js'
import { alignerSystemPrompt } from '../system-prompt.js'
import type { ExportFormat } from './export-format.js'

/** The attributes of NeMo-Aligner's regression reward model, in its order. */
const keys = attributeSets['steerlm-9@1'].attributes.map(({ key }) => key)

/** Stands for a missing score: the loss ignores it. */
const missing = -100

/**
 * Rows for NeMo-Aligner's regression reward model, as its process_to_regression_format.py makes them: one for each labelled
 * turn, with the text up to it and nine scores. The stock system prompt replaces the record's own, labels are not part of
 * the text, and `lang` and keys other than the nine are ignored. A turn with none of the nine gives no row; the script
 * writes one from which nothing can be learnt.
 */
export const regression: ExportFormat = {
  name: 'regression',
  summary: "NeMo-Aligner's regression reward model: {text, label: nine scores, -100 where missing}",
  open: ({ promptTokens: { system, turn, label } }) => ({
    features: [
      { name: 'text', dtype: 'string' },
      { name: 'label', list: 'float64' },
    ],
    about: [
      `One row for each labelled turn: the text of the conversation up to and including the turn, and its scores in the order ${keys.join(', ')}; ${missing}.0 for a missing score.`,
      "NeMo-Aligner's stock system prompt replaces the records' own, as in its script.",
    ],
    encode: ({ conversations, mask }) => {
      const rows: string[] = []
      let unscored = 0
      let text = `${system}System\n${alignerSystemPrompt}\n`
      for (const { from, value, label: line } of conversations) {
        text += `${turn}${isMasked(from, mask) ? 'User' : 'Assistant'}\n${value}\n`
        if (!hasScores(line)) continue
        const { scores } = parseLabel(line)
        const numbers = keys.map(key => floatJson(scores[key] ?? missing))
        if (keys.every(key => scores[key] === undefined)) unscored++
        else rows.push(`{"text": ${JSON.stringify(text + label)}, "label": [${numbers.join(', ')}]}`)
      }
      return { rows, counts: { 'labelled turns left out: none of the nine attributes': unscored } }
    },
  }),
}
