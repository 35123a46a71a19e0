import { z } from 'zod'
import { attributeSets } from '../attributes.js'
import type { Turn } from '../conversation.js'
import { formatLabel } from '../label-line.js'
import { parseSource, sourceInvalid, wellFormed } from '../source-error.js'
import type { SourceFormat } from './format.js'
import { allBut, firstKey, ratingKeys, valueOf } from './meaning.js'

const set = attributeSets['helpsteer-5@1']
const keys: readonly string[] = set.attributes.map(({ key }) => key)

const scores = Object.fromEntries(set.attributes.map(({ key, min, max }) => [key, z.int().min(min).max(max)]))

const Row = z.object({ prompt: z.string(), response: z.string(), ...scores })

/**
 * HelpSteer's rows: a prompt, one response, five integer ratings (docs/reference/papers.md#helpsteer). HelpSteer2 writes
 * earlier turns into the prompt, each behind `<extra_id_1>` and the name of its speaker.
 */
export const helpSteer: SourceFormat = {
  name: 'helpsteer',
  summary: 'HelpSteer rows: {prompt, response, helpfulness, correctness, coherence, complexity, verbosity}',
  attributeSet: set.name,
  refuses: [...allBut('prompt', 'response'), ...ratingKeys.filter(key => !keys.includes(key))],
  detect: record =>
    typeof record['prompt'] === 'string' &&
    valueOf(record, 'response') !== undefined &&
    firstKey(record, keys) !== undefined,
  read: record => {
    const { prompt, response, ...ratings } = parseSource(Row, record)
    const label = formatLabel(set, { scores: ratings, lang: null })
    const turns = promptTurns(wellFormed(prompt, () => 'prompt'))
    if (turns.at(-1)!.from === 'Assistant') throw sourceInvalid('prompt', 'it ends with a turn of the assistant')
    const answer = { value: wellFormed(response, () => 'response'), from: 'Assistant', label }
    return [{ treeId: null, turns: [...turns, answer], system: null, mask: null }]
  },
}

const boundary = /(?<!\n)\n*<extra_id_1>(User|Assistant)\n/

/** The turns that a prompt spells: `first\n\n<extra_id_1>Assistant\nanswer\n\n<extra_id_1>User\nnext`. */
function promptTurns(prompt: string): Turn[] {
  const [first = '', ...rest] = prompt.split(boundary)
  const later = rest.flatMap((from, index) => (index % 2 === 0 ? [{ value: rest[index + 1]!, from, label: null }] : []))
  // A prompt that begins with a boundary names its first speaker too.
  return first === '' && later.length > 0 ? later : [{ value: first, from: 'User', label: null }, ...later]
}
