import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerOutcome, Outcome } from '../../../src/domain/bootstrap/outcome.js'
import { RoundSummary } from '../../../src/domain/bootstrap/summary.js'
import type { EarlierRound } from '../../../src/domain/bootstrap/against-before.js'
import { RoundTally } from '../../../src/domain/bootstrap/tally.js'
import { accepted, answer, outcome } from './outcomes.js'
import { processorMs } from '../../support/processor-time.js'

const tallyOf = (outcomes: readonly Outcome[], round = 'loop-2'): RoundTally => {
  const tally = new RoundTally(round)
  for (const one of outcomes) tally.add(one)
  return tally
}
const summaryOf = (outcomes: readonly Outcome[], before: EarlierRound | null = null) =>
  tallyOf(outcomes).summary(before, 0.95)

it('of nothing is a summary too', async () => {
  const summary = await summaryOf([])
  expect(RoundSummary.parse(summary)).toEqual(summary)
  expect(summary).toMatchObject({ acceptance: null, attributes: {}, length_correlation: null, against_before: null })
})

it('counts answers by what was decided of them', async () => {
  const refused = (...against: string[]): AnswerOutcome =>
    answer({ kept: 'no', against, label: null, goodness: null, finish: null, chars: 0 })
  const summary = await summaryOf([
    outcome('accepted', {
      answers: 2,
      candidates: [
        answer(),
        answer({ kept: 'negative', against: ['floor of quality'], label: 'quality:1', goodness: 1.2 }),
        refused('stopped', 'not empty'),
      ],
    }),
    outcome('rejected', {
      prompt: 1,
      candidates: [
        refused('exact duplicate'),
        refused('near the training data', 'near another answer'),
        refused('stopped'),
      ],
    }),
    outcome('dead-lettered', { prompt: 2, prompt_id: null, asked: null }),
  ])
  expect(summary.prompts).toEqual({ expected: 3, sealed: 1, rejected: 1, dropped: 0, measured: 0, dead_lettered: 1 })
  expect(summary.acceptance).toBeCloseTo(1 / 3)
  expect(summary.answers).toEqual({ sampled: 6, accepted: 1, negatives: 1, sealed: 0, dropped: 0, lost: 0 })
  expect(summary.against).toEqual({
    'floor of quality': 1,
    stopped: 2,
    'not empty': 1,
    'exact duplicate': 1,
    'near the training data': 1,
    'near another answer': 1,
  })
  expect(summary.finish).toEqual({ stop: 2, unknown: 4 })
  expect(summary.near_duplicates).toBe(2)
  expect(summary.goodness).toEqual({ count: 2, mean: 2.6, sd: expect.closeTo(1.9799, 4) as number })
  expect(summary.unique_words.count).toBe(2)
})

it('a prompt of which only negatives are kept is not accepted', async () => {
  const summary = await summaryOf([
    outcome('accepted', { of: 1, answers: 1, candidates: [answer({ kept: 'negative' })] }),
  ])
  expect(summary).toMatchObject({ acceptance: 0, prompts: { sealed: 1 } })
})

it('compares attributes with what was asked for', async () => {
  const { attributes } = await summaryOf([
    outcome('accepted', {
      asked: 'quality:4,humor:2',
      candidates: [
        answer({ label: 'quality:3,humor:2,verbosity:1' }),
        answer({ label: 'quality:4,humor:0,verbosity:1' }),
        answer({ label: null, goodness: null }),
      ],
    }),
    outcome('rejected', { prompt: 1, asked: 'not a line', candidates: [answer({ label: 'quality:1,quality:2' })] }),
  ])
  expect(attributes.quality).toEqual({
    asked: { count: 2, mean: 4, sd: 0 },
    predicted: { count: 2, mean: 3.5, sd: expect.closeTo(Math.SQRT1_2) as number },
    distance: 0.5,
    values: { 3: 1, 4: 1 },
  })
  expect(attributes.humor).toMatchObject({ distance: 1, values: { 0: 1, 2: 1 } })
  expect(attributes.verbosity).toMatchObject({ asked: { count: 0 }, distance: null, values: { 1: 2 } })
})

it('attributes with names of JavaScript’s own are attributes', async () => {
  const line = '__proto__:4,constructor:3'
  const { attributes } = await summaryOf([outcome('accepted', { asked: line, candidates: [answer({ label: line })] })])
  expect(Object.keys(attributes)).toEqual(['__proto__', 'constructor'])
  expect(Object.entries(attributes).map(([, { predicted }]) => predicted.mean)).toEqual([4, 3])
})

describe('length', () => {
  it('is compared with the answer of the training data, where there is one', async () => {
    const summary = await summaryOf([
      accepted(0, { chars: 300 }, { reference_chars: 100 }),
      accepted(1, { chars: 100 }, { reference_chars: 100 }),
      accepted(2, { chars: 500 }, { reference_chars: null }),
    ])
    expect(summary.length_ratio).toMatchObject({ count: 2, mean: 2 })
    expect(summary.chars).toMatchObject({ count: 3, mean: 300 })
  })

  it('is correlated with goodness by rank', async () => {
    const answers = [1, 2, 3, 4, 5].map(at => answer({ chars: at * 10, goodness: [5, 6, 7, 8, 7][at - 1]! }))
    const summary = await summaryOf([outcome('rejected', { candidates: answers })])
    expect(summary.length_correlation).toBeCloseTo(0.8207827, 6)
  })
})

describe('against the round before', () => {
  const before = tallyOf(
    [
      accepted(0, { goodness: 2, chars: 100 }),
      accepted(1, { goodness: 3, chars: 100 }),
      outcome('rejected', { prompt: 2, candidates: [answer({ kept: 'no', label: null, goodness: null })] }),
      outcome('dead-lettered', { prompt: 3, prompt_id: null }),
    ],
    'loop-1',
  ).earlier()

  it('differences are over prompts that both asked and scored, whatever their place', async () => {
    const summary = await summaryOf(
      [
        accepted(9, { goodness: 4, chars: 200 }, { prompt_id: 'prompt-0', of: 10 }),
        accepted(8, { goodness: 4, chars: 200 }, { prompt_id: 'prompt-1' }),
        accepted(7, { goodness: 4, chars: 100 }, { prompt_id: 'prompt-2' }),
        accepted(6, { goodness: 4 }, { prompt_id: 'only here' }),
      ],
      before,
    )
    const difference = summary.against_before!
    expect(difference.round).toBe('loop-1')
    expect(difference.goodness).toMatchObject({ pairs: 2, mean: 1.5 })
    // Student, one degree of freedom: 12.7062 · 0.7071 / √2
    expect(difference.goodness.low).toBeCloseTo(1.5 - 6.3531, 3)
    expect(difference.chars).toMatchObject({ pairs: 3, mean: expect.closeTo((2 * Math.log(2)) / 3) as number })
    expect(difference.acceptance).toMatchObject({ pairs: 3, mean: expect.closeTo(1 / 3) as number })
    expect(RoundSummary.parse(summary)).toEqual(summary)
  })

  it('a gain that comes with length is none at equal length', async () => {
    // Two points for each e times as long, whoever answers; one more point for the second round.
    const answers = (lengths: readonly number[], more: number): AnswerOutcome[] =>
      lengths.map(chars => answer({ chars, goodness: 2 * Math.log(chars) + more }))
    const first = tallyOf(
      [0, 1].map(prompt => outcome('rejected', { prompt, candidates: answers([100, 200], 0) })),
      'loop-1',
    )
    const second = [0, 1].map(prompt => outcome('rejected', { prompt, candidates: answers([300, 600], prompt) }))
    const { against_before: against } = await summaryOf(second, first.earlier())
    expect(against!.points_by_length).toBeCloseTo(2)
    expect(against!.goodness.mean).toBeCloseTo(2 * Math.log(3) + 0.5)
    expect(against!.goodness_at_equal_length.mean).toBeCloseTo(0.5)
  })

  it('there is nothing to say where no prompt is the same', async () => {
    const { against_before: difference } = await summaryOf([accepted(0, {}, { prompt_id: 'other' })], before)
    expect(difference!.goodness).toEqual({ pairs: 0, mean: null, low: null, high: null })
  })
})

describe('order', () => {
  const anyAnswer = fc.record({
    kept: fc.constantFrom('accepted' as const, 'negative' as const, 'no' as const),
    against: fc.subarray(['stopped', 'not empty', 'near another answer']),
    goodness: fc.option(fc.double({ min: 0, max: 4, noNaN: true })),
    label: fc.option(fc.constantFrom('quality:4', 'quality:0,humor:1')),
    chars: fc.nat(1000),
    unique_words: fc.double({ min: 0, max: 1, noNaN: true }),
    finish: fc.constantFrom('stop' as const, 'length' as const, null),
  })
  const prompts = fc.array(fc.array(anyAnswer, { maxLength: 4 }), { minLength: 1, maxLength: 8 })
  const outcomesOf = (answers: readonly (readonly Partial<AnswerOutcome>[])[]): Outcome[] =>
    answers.map((candidates, prompt) =>
      outcome('rejected', { prompt, of: answers.length, candidates: candidates.map(over => answer(over)) }),
    )

  it('of prompts does not matter, to the last digit; letters that were replayed leave nothing', async () => {
    await fc.assert(
      fc.asyncProperty(prompts, fc.array(fc.nat(7)), async (answers, letters) => {
        const outcomes = outcomesOf(answers)
        const dead = letters.map(prompt => outcome('dead-lettered', { prompt, of: answers.length, prompt_id: null }))
        const known = dead.filter(({ prompt }) => prompt! < answers.length)
        const summary = await summaryOf(outcomes)
        expect(await summaryOf([...known, ...outcomes.toReversed()])).toEqual(summary)
        expect(RoundSummary.parse(summary)).toEqual(summary)
      }),
    )
  })

  it('a later word of the gate replaces all of an earlier one', async () => {
    await fc.assert(
      fc.asyncProperty(prompts, prompts, async (first, then) => {
        const of = then.length
        const replaced = outcomesOf(first.slice(0, of)).map(one => ({ ...one, of }))
        expect(await summaryOf([...replaced, ...outcomesOf(then)])).toEqual(await summaryOf(outcomesOf(then)))
      }),
    )
  })
})

it('20,000 prompts with ten answers take little memory and time', async () => {
  const tally = new RoundTally('loop-1')
  const taken = await processorMs(async () => {
    for (let prompt = 0; prompt < 20_000; prompt++) {
      const candidates = Array.from({ length: 10 }, (_, i) =>
        answer({
          goodness: Math.sin(prompt * 10 + i),
          chars: 100 + ((prompt * 7 + i) % 900),
          label: `quality:${i % 5}`,
        }),
      )
      tally.add(outcome('accepted', { prompt, of: 20_000, answers: 2, candidates, prompt_id: `prompt-${prompt}` }))
    }
    const { answers, against_before: against } = await tally.summary(tally.earlier(), 0.95)
    expect(answers.sampled).toBe(200_000)
    expect(against!.goodness).toEqual({ pairs: 20_000, mean: 0, low: 0, high: 0 })
  })
  expect(taken).toBeLessThan(5000)
})
