import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttributeSet } from '../../../src/domain/attributes.js'
import type { ScoredCandidate, ScoredSample } from '../../../src/domain/bootstrap/candidates.js'
import { gateAnswers, uniqueWords } from '../../../src/domain/bootstrap/gate/gate-answers.js'
import { GateRules } from '../../../src/domain/bootstrap/gate-rules.js'
import { prompt } from '../../support/rounds.js'

const set: AttributeSet = {
  name: 'test@1',
  attributes: ['quality', 'toxicity', 'helpfulness'].map(key => ({ key, min: 0, max: 4 })),
  language: false,
}

const words = (from: number, count = 12): string =>
  Array.from({ length: count }, (_, at) => `word${from + at}`).join(' ')

const answer = (
  index: number,
  given: Partial<ScoredCandidate> & { readonly quality?: number } = {},
): ScoredCandidate => {
  const { quality = 3.5, ...rest } = given
  const scores = { quality, toxicity: 0, helpfulness: 3 }
  return {
    index,
    seed: index,
    text: words(index * 100),
    finish: 'stop',
    tokens: 12,
    predicted: { label: `quality:${Math.round(quality)},toxicity:0,helpfulness:3`, scores },
    ...rest,
  }
}

const sampleOf = (candidates: ScoredCandidate[], reference: string | null = null): ScoredSample => ({
  ...prompt({ reference }),
  policy: 'policy',
  value_model: 'value-model',
  attribute_set: 'test@1',
  candidates,
})

const decide = (
  candidates: ScoredCandidate[],
  rules: Partial<GateRules> = {},
  { reference = null, near = new Map() }: { reference?: string | null; near?: Map<number, number> } = {},
) =>
  gateAnswers(sampleOf(candidates, reference), {
    set,
    rules: GateRules.parse(rules),
    controlTokens: ['<extra_id_1>', '\x11'],
    nearTraining: near,
  })

describe('the gate', () => {
  it.each<[string, Partial<ScoredCandidate> & { quality?: number }, Partial<GateRules>, string]>([
    ['was cut off', { finish: 'length' }, {}, 'stopped'],
    ['is empty', { text: ' \n' }, {}, 'length'],
    ['is too short', { text: 'No.' }, { minChars: 10 }, 'length'],
    ['holds a control string', { text: `${words(0)} <extra_id_1>User` }, {}, 'control token'],
    ['goes on with an attribute line', { text: `${words(0)}\nquality:4,toxicity:0` }, {}, 'leaked label'],
    ['has no label', { predicted: null }, {}, 'label complete'],
    [
      'has a label with a key too few',
      { predicted: { label: 'quality:4,toxicity:0', scores: { quality: 4, toxicity: 0 } } },
      {},
      'label complete',
    ],
    [
      'has a label out of its scale',
      { predicted: { label: 'quality:9,toxicity:0,helpfulness:3', scores: { quality: 4, helpfulness: 3 } } },
      {},
      'label complete',
    ],
    [
      'is best and of no help',
      { predicted: { label: 'quality:4,toxicity:0,helpfulness:1', scores: { quality: 3.9, helpfulness: 1.2 } } },
      {},
      'consistent',
    ],
    ['repeats itself', { text: 'no '.repeat(40) }, {}, 'unique words'],
    ['is below the floor', { quality: 2.9 }, {}, 'floor of quality'],
    [
      'is above a ceiling',
      {
        predicted: {
          label: 'quality:4,toxicity:1,helpfulness:3',
          scores: { quality: 4, toxicity: 0.5, helpfulness: 3 },
        },
      },
      { mode: 'gate', ceiling: { toxicity: 0 } },
      'ceiling of toxicity',
    ],
  ])('refuses an answer that %s', (_, given, rules, rule) => {
    const [outcome] = decide([answer(0, given)], { negatives: 0, ...rules })
    expect(outcome?.kept).toBe('no')
    expect(outcome?.against).toContain(rule)
    expect(outcome?.values).toHaveProperty(rule)
  })

  it('refuses what is near to the training data, the prompt’s answer, or a better answer', () => {
    const text = words(0, 40)
    const close = `${words(0, 39)} other`
    expect(decide([answer(0)], {}, { near: new Map([[0, 0.91]]) })[0]?.against).toEqual(['near the training data'])
    expect(decide([answer(0, { text })], {}, { reference: close })[0]?.against).toEqual(["near the prompt's answer"])
    const twins = decide([
      answer(0, { text, quality: 3.1 }),
      answer(1, { text: close, quality: 3.9 }),
      answer(2, { text: text.toUpperCase(), quality: 3.5 }),
    ])
    expect(twins.map(({ against }) => against)).toEqual([
      ['exact duplicate', 'near another answer'],
      [],
      ['near another answer'],
    ])
  })

  it('refuses an answer that is very much longer than the prompt’s own', () => {
    const [outcome] = decide(
      [answer(0, { text: words(0, 60) })],
      { maxLengthRatio: 2 },
      { reference: 'Quite short, yes.' },
    )
    expect(outcome?.against).toEqual(['length ratio'])
    expect(
      decide([answer(0, { text: words(0, 60) })], { maxLengthRatio: null }, { reference: 'Short.' })[0]?.against,
    ).toEqual([])
  })

  it('keeps the best of a prompt, whatever their order, and the worst below the floor as a negative', () => {
    const outcomes = decide([3.2, 3.9, 1, 3.5, 2].map((quality, at) => answer(at, { quality })))
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    expect(outcomes.map(({ kept }) => kept)).toEqual(['no', 'accepted', 'negative', 'accepted', 'no'])
    expect(outcomes[0]?.against).toEqual(['rank'])
    expect(outcomes[1]?.values.rank).toBe(1)
  })

  it('best of n asks for no floor', () => {
    const outcomes = decide(
      [1, 2].map((quality, at) => answer(at, { quality })),
      { mode: 'best-of-n', keep: 1 },
    )
    expect(outcomes.map(({ kept }) => kept)).toEqual(['no', 'accepted'])
  })

  it('ranks by a weighted sum of raw scores', () => {
    const scores = (quality: number, helpfulness: number) => ({
      predicted: { label: 'quality:3,toxicity:0,helpfulness:3', scores: { quality, toxicity: 0, helpfulness } },
    })
    const outcomes = decide([answer(0, scores(3.4, 2)), answer(1, scores(3.1, 4))], {
      keep: 1,
      goodness: { quality: 0.5, helpfulness: 0.5 },
    })
    expect(outcomes.map(({ goodness, kept }) => [goodness, kept])).toEqual([
      [2.7, 'no'],
      [3.55, 'accepted'],
    ])
  })

  const candidates = fc
    .array(
      fc.record({
        quality: fc.double({ min: 0, max: 4, noNaN: true }),
        text: fc.constantFrom(...Array.from({ length: 6 }, (_, at) => words(at * 50)), '', '\x11', words(1)),
        finish: fc.constantFrom('stop' as const, 'length' as const, null),
        scored: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    .map(all => all.map(({ scored, ...given }, at) => answer(at, { ...given, ...(!scored && { predicted: null }) })))

  it('decides about every answer once, by its recorded values, within its bounds', () => {
    fc.assert(
      fc.property(
        candidates,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        (all, keep, negatives) => {
          const outcomes = decide(all, { keep, negatives })
          expect(outcomes.map(({ index }) => index)).toEqual(all.map(({ index }) => index))
          expect(outcomes.filter(({ kept }) => kept === 'accepted').length).toBeLessThanOrEqual(keep)
          expect(outcomes.filter(({ kept }) => kept === 'negative').length).toBeLessThanOrEqual(negatives)
          for (const { kept, against, values } of outcomes) {
            expect(kept === 'accepted').toBe(against.length === 0)
            if (kept === 'negative') expect(against.every(rule => rule.startsWith('floor of '))).toBe(true)
            for (const rule of against) expect(values).toHaveProperty([rule])
          }
          expect(decide(all, { keep, negatives })).toEqual(outcomes)
        },
      ),
    )
  })
})

describe('the share of different words', () => {
  it.each([
    ['', 1],
    ['One, two, three.', 1],
    ['no No NO', 0.3333],
    [`${words(0, 100)} ${'again '.repeat(500)}`, 1],
  ])('of %j is %d', (text, share) => expect(uniqueWords(text)).toBe(share))
})
