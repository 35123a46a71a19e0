import { describe, expect, it } from 'vitest'
import { handFeatureNames, handFeatures } from '../../src/baseline/hand-features.js'
import { turn } from '../support/baseline.js'
import { processorMs } from '../support/processor-time.js'

const feature = (name: string, given: Parameters<typeof turn>): number =>
  handFeatures(turn(...given))[handFeatureNames.indexOf(name)]!

describe('features thought of by hand', () => {
  it.each([
    ['list items', '- one\n  2. two\n* three\nnot - four', Math.log1p(3)],
    ['code', 'use `a` and ```b```', Math.log1p(8)],
    ['links', 'see https://a.org and http://b.org', Math.log1p(2)],
    ['question marks', 'really? why？', Math.log1p(2)],
    ['capitals', 'ABcd', 0.5],
    ['distinct words', 'yes yes yes no', 0.5],
    ['first person', "I think I'm it", 0.5],
    ['sentences', 'One. Two! Three', Math.log1p(2)],
  ])('%s of %j', (name, text, expected) => {
    expect(feature(name, [text])).toBeCloseTo(expected, 10)
  })

  it('measures what the answer takes from the question', () => {
    expect(feature('overlap with the turn before', ['boil the egg', { before: 'How do I boil an egg?' }])).toBeCloseTo(
      2 / 3,
    )
    expect(feature('overlap with the turn before', ['boil the egg'])).toBe(0)
  })

  it('is finite for texts without words, and fast for hostile ones', async () => {
    const taken = await processorMs(() => {
      for (const text of ['', '\n'.repeat(300_000), ' '.repeat(300_000), '`'.repeat(300_000), '1'.repeat(300_000)]) {
        for (const value of handFeatures(turn(text, { before: text }))) expect(Number.isFinite(value)).toBe(true)
      }
    })
    expect(taken).toBeLessThan(2000)
  })
})
