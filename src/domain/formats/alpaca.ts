import { z } from 'zod'
import { parseSource, sourceInvalid } from '../source-error.js'
import { readByDefault, type SourceFormat } from './format.js'
import { allBut, firstSaid, ratingKeys, saysNothing } from './meaning.js'
import type { SourceEntry } from './said.js'
import { conversationsOf, systemKeys, systemOf } from './thread.js'

const optional = z.preprocess(value => (saysNothing(value) ? null : value), z.string().nullish())

const Row = z.object({
  instruction: z.string(),
  input: optional,
  context: optional,
  output: optional,
  response: optional,
  history: z.preprocess(
    value => (saysNothing(value) ? null : value),
    z.array(z.tuple([z.string(), z.string()])).nullish(),
  ),
})

const answers = ['output', 'response'] as const

/** Alpaca's rows, and Dolly's: `{instruction, input | context, output | response}`, with earlier turns in `history`. */
export const alpaca: SourceFormat = {
  name: 'alpaca',
  summary: 'Alpaca rows: {instruction, input, output}, with system and history',
  attributeSet: null,
  jsonTexts: ['history'],
  refuses: [
    ...allBut(
      'instruction',
      'input',
      'context',
      ...answers,
      'history',
      ...systemKeys.filter(key => key !== 'instructions'),
    ),
    ...ratingKeys,
  ],
  detect: record => typeof record['instruction'] === 'string' && firstSaid(record, answers) !== undefined,
  read: (record, _, how = readByDefault) => {
    const { instruction, input, context, output, response, history } = parseSource(Row, record)
    if (output && response && output !== response) throw sourceInvalid('response', 'it contradicts output')
    if (input && context && input !== context) throw sourceInvalid('context', 'it contradicts input')
    const question = [instruction, input || context || ''].filter(text => text !== '').join('\n')
    const rounds = [...(history ?? []), [question, output ?? response ?? ''] as const]
    const said = rounds.flatMap(([asked, answer], index): SourceEntry[] => {
      const last = index === rounds.length - 1
      const shared = { learn: null, tool: null } as const
      return [
        { speaker: 'User', text: asked, at: last ? 'instruction' : `history[${index}][0]`, ...shared },
        { speaker: 'Assistant', text: answer, at: last ? 'output' : `history[${index}][1]`, ...shared },
      ]
    })
    return conversationsOf(said, { system: systemOf(record) }, how)
  },
}
