import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { tritonReward } from '../../../../src/adapters/inference/protocols/triton-reward.js'
import { attributeSets } from '../../../../src/domain/attributes.js'
import { rewardPrompt } from '../../../../src/domain/prompt.js'
import { extraIdTokens } from '../../../../src/domain/prompt-tokens.js'
import { asked, bodyOf, reply, statuses } from './asked.js'

const five = attributeSets['helpsteer-5@1']
const protocol = tritonReward({ model: 'reward_model' }, five)
const keys = five.attributes.map(({ key }) => key)

const rewards = (shape: readonly number[], data: readonly unknown[], more: object = {}) => ({
  model_name: 'reward_model',
  model_version: '1',
  outputs: [{ name: 'rewards', datatype: 'FP32', shape, data, ...more }],
})
const golden = <T>(name: string, schema: z.ZodType<T>): readonly T[] =>
  readFileSync(new URL(`../../../golden/data/aligner/${name}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => schema.parse(JSON.parse(line)))

describe('the Triton protocol', () => {
  it('sends a column of sentences', () => {
    expect(protocol.request([asked('a')])).toMatchObject({ method: 'POST', path: '/v2/models/reward_model/infer' })
    expect(bodyOf(protocol, asked('a'), asked('é\n'))).toEqual({
      inputs: [{ name: 'sentences', shape: [2, 1], datatype: 'BYTES', data: ['a', 'é\n'] }],
      outputs: [{ name: 'rewards' }],
    })
  })

  it("spells a turn as NeMo-Aligner's annotator does", () => {
    const Turn = z.object({ value: z.string(), from: z.string(), label: z.string().nullable() })
    const records = golden('in', z.object({ conversations: z.array(Turn), system: z.string() }))
    const [warmUp, ...sentences] = golden('requests', z.object({ sentence: z.string() })).map(one => one.sentence)
    expect(warmUp).toBe('hello world!')
    const ours = records.flatMap(({ conversations, system }) =>
      conversations.flatMap(({ label }, index) =>
        label === null ? [] : [rewardPrompt(system, conversations.slice(0, index + 1), extraIdTokens)],
      ),
    )
    expect(ours).toEqual(sentences)
    const [record] = records
    // The tutorial's system prompt ends with two line ends; the reward model was trained on one.
    expect(rewardPrompt(`${record!.system}\n\n`, record!.conversations.slice(0, 2), extraIdTokens)).toBe(sentences[0])
  })

  it('reads as many floats a sentence as the reply has, in the order of the set', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (count, first) => {
          const data = Array.from({ length: 5 * count }, (_, index) => (index === 0 ? first : index / 8))
          const answers = Array.from({ length: count }, (_, sentence) => ({
            kind: 'scores',
            scores: Object.fromEntries(keys.map((key, index) => [key, data[5 * sentence + index]! + 0])),
            tokens: null,
          }))
          const body = JSON.stringify(rewards([count, 5], data))
          expect(protocol.classify(reply(200, body), count)).toEqual({ kind: 'ok', answers })
        },
      ),
    )
  })

  it('takes other shapes of the same floats, other outputs beside them, and an identifier', () => {
    const body = rewards([1, 5, 1], [0, 1, 2, 3, 4])
    const exceeded = { name: 'exceeded', datatype: 'INT32', shape: [1, 1], data: [0] }
    const more = { id: '7', ...body, outputs: [exceeded, ...body.outputs] }
    expect(protocol.classify(reply(200, more), 1).kind).toBe('ok')
  })

  it.each([
    ['too few floats', rewards([1, 4], [0, 1, 2, 3]), '4 rewards for the 5 attributes of helpsteer-5@1'],
    ['nine floats', rewards([1, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8]), '9 rewards for the 5 attributes'],
    ['a single float', rewards([1, 1], [0.5]), '1 rewards for the 5 attributes'],
    ['too many sentences', rewards([2, 5], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]), 'rewards of 2 sentences for 1'],
    ['no sentence', rewards([0, 5], []), 'rewards of 0 sentences for 1'],
    ['a shape that does not fit', rewards([1, 5], [0, 1]), '2 rewards in the shape 1 × 5'],
    ['no shape', rewards([], [0]), 'no rewards: '],
    ['no floats', rewards([1, 5], ['0', '1', '2', '3', '4']), 'no rewards: '],
    ['integers', rewards([1, 5], [0, 1, 2, 3, 4], { datatype: 'INT32' }), 'no rewards: '],
    ['another output', rewards([1, 5], [0, 1, 2, 3, 4], { name: 'exceeded' }), 'no rewards: '],
    ['an error within 200', { error: 'no' }, 'no rewards: '],
    ['no number, as Triton spells it', '{"outputs":[{"name":"rewards","data":[NaN]}]}', 'not JSON: '],
    ['no JSON', '<html>', 'not JSON: '],
  ])('with status 200 asks elsewhere: %s', (_, body, reason) => {
    expect(protocol.classify(reply(200, body), 1)).toEqual({
      kind: 'elsewhere',
      reason: expect.stringContaining(reason) as string,
    })
  })

  it.each(statuses)('says %s of status %i', (kind, status) => {
    expect(protocol.classify(reply(status, { error: 'no' }), 1).kind).toBe(kind)
  })
})
