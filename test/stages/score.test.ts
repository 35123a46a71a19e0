import { describe, expect, it } from 'vitest'
import { attributeSets } from '../../src/domain/attributes.js'
import type { Sampled } from '../../src/domain/bootstrap/candidates.js'
import { SteerflowError } from '../../src/domain/errors.js'
import type { ChosenValueModels, TurnToScore } from '../../src/stages/needs.js'
import { score } from '../../src/stages/score.js'
import { testStage } from '../../src/stages/test-stage.js'
import { prompt, round } from '../support/rounds.js'

const sampled = (...texts: string[]): Sampled => ({
  ...prompt(),
  policy: 'policy',
  candidates: texts.map((text, index) => ({ index, seed: index, text, finish: 'stop', tokens: null })),
})

/** The stage with a model of quality 3, which fails on these texts. */
function scoring(failures: Readonly<Record<string, unknown>> = {}, set: keyof typeof attributeSets = 'oasst-12@1') {
  const asked: TurnToScore[] = []
  const chosen: string[] = []
  const chosenValueModels: ChosenValueModels = {
    chosen: async digest => {
      chosen.push(digest)
      return {
        digest,
        attributeSet: attributeSets[set],
        scoreTurn: async turn => {
          asked.push(turn)
          const { value } = turn.turns.at(-1)!
          if (Object.hasOwn(failures, value)) throw failures[value]
          return { label: 'quality:3', scores: { quality: 2.75 } }
        },
      }
    },
  }
  const rounds = { of: async () => ({ round: round(), givenUp: false }) }
  const run = async (given: Sampled) => {
    const [out] = await testStage(score, given, { needs: { chosenValueModels, rounds } })
    return out!.value
  }
  return { asked, chosen, run }
}

const predicted = { label: 'quality:3', scores: { quality: 2.75 } }

describe('the score stage', () => {
  it.each(score.examples.map(one => [one.title, one] as const))('%s', async (_, example) => {
    expect(await testStage(score, example.given, { needs: score.exampleNeeds!() })).toEqual(example.expect)
  })

  it("asks the round's value model for the answer as the next turn, which has no label", async () => {
    const { asked, chosen, run } = scoring()
    const out = await run(sampled('Because.'))
    expect(chosen).toEqual(['value-model'])
    expect(asked).toEqual([
      { system: 'S', mask: prompt().mask, turns: [...prompt().turns, { value: 'Because.', from: 'Assistant' }] },
    ])
    expect(out).toMatchObject({ value_model: 'value-model', attribute_set: 'oasst-12@1' })
    expect(out.candidates).toEqual([{ ...sampled('Because.').candidates[0], predicted }])
  })

  it('scores the same text once, and nothing that is empty', async () => {
    const { asked, run } = scoring()
    const out = await run(sampled('Because.', '', 'Because.', ' \n', 'So.'))
    expect(asked.map(({ turns }) => turns.at(-1)!.value)).toEqual(['Because.', 'So.'])
    expect(out.candidates.map(one => one.predicted)).toEqual([predicted, null, predicted, null, predicted])
  })

  it('asks for no model where there is nothing to score', async () => {
    const { chosen, run } = scoring()
    expect((await run(sampled())).candidates).toEqual([])
    expect(chosen).toEqual([])
  })

  it.each(['STEERFLOW_RECORD_EXHAUSTED', 'STEERFLOW_INFERENCE_REFUSED'] as const)(
    'an answer to which the model gives no label (%s) costs only that answer',
    async code => {
      const { run } = scoring({ odd: new SteerflowError(code, 'no label') })
      const out = await run(sampled('odd', 'Because.'))
      expect(out.candidates.map(one => one.predicted)).toEqual([null, predicted])
    },
  )

  it('what else the model throws is passed on', async () => {
    const absent = new SteerflowError('STEERFLOW_MODEL_ABSENT', 'away')
    await expect(scoring({ odd: absent }).run(sampled('odd', 'Because.'))).rejects.toBe(absent)
  })

  it('labels of another attribute set than the round was opened with stop the run', async () => {
    const error = { code: 'STEERFLOW_CONFIG_INVALID', message: expect.stringContaining('helpsteer-5@1') as string }
    await expect(scoring({}, 'helpsteer-5@1').run(sampled('Because.'))).rejects.toMatchObject(error)
  })
})
