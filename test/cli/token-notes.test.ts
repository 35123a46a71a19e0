import { expect, test } from 'vitest'
import { Config, configOfFlow } from '../../src/cli/config.js'
import { tokenNotes } from '../../src/cli/token-notes.js'
import { builtIn } from '../../src/flow.js'
import { nemoAligner } from '../../src/trainers/nemo-aligner.js'

const alike = {
  'model.data.chat_prompt_tokens.system_turn_start': '<extra_id_0>',
  'model.data.chat_prompt_tokens.turn_start': '<extra_id_1>',
  'model.data.chat_prompt_tokens.label_start': '<extra_id_2>',
}
const nemo = (settings: Record<string, unknown>) => ({ steerlm: { trainer: 'nemo-aligner', settings } })

test('other tokens in training than in the pipeline are said', () => {
  expect(tokenNotes(Config.parse({}))).toEqual([
    'dataset steerlm: nemo-aligner trains with the prompt tokens \\u0000 \\u0011 \\u0012, clean and annotate use <extra_id_0> <extra_id_1> <extra_id_2>; ' +
      'set promptTokens, or model.data.chat_prompt_tokens.* in datasets.steerlm.settings, to make them equal',
  ])
})

test.each([
  ['the pipeline uses those of training', { promptTokens: 'control' }],
  ['training uses those of the pipeline', { datasets: nemo(alike) }],
  ['nothing is trained', { datasets: { steerlm: { trainer: 'none' } } }],
])('nothing is said where %s', (_, config) => expect(tokenNotes(Config.parse(config))).toEqual([]))

test('one token that differs is enough', () => {
  const settings = { ...alike, 'model.data.chat_prompt_tokens.label_start': '<label>' }
  expect(tokenNotes(Config.parse({ datasets: nemo(settings) }))).toHaveLength(1)
})

test('a trainer of the flow says it of itself', () => {
  const flow = builtIn.withTrainers({ ...nemoAligner, name: 'own' })
  const config = configOfFlow(flow).parse({
    datasets: { 'value-model': { trainer: 'none' }, steerlm: { trainer: 'own' } },
  })
  expect(tokenNotes(config)).toEqual([expect.stringMatching(/^dataset steerlm: own trains with the prompt tokens/)])
})
