import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeSets } from '../../src/domain/attributes.js'
import { formatLabel, hasScores, parseLabel, roundHalfEven } from '../../src/domain/label-line.js'

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [3.5, 4],
    [-0.5, 0],
    [-1.5, -2],
    [0.49999999999999994, 0],
    [0.5000000000000001, 1],
    [-0.2, 0],
    [1e300, 1e300],
  ])('rounds %d to %d', (value, expected) => {
    expect(roundHalfEven(value)).toBe(expected)
  })

  it('is the nearest integer, and even when two are', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), value => {
        const rounded = roundHalfEven(value)
        expect(Number.isInteger(rounded)).toBe(true)
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5)
        if (Math.abs(value % 1) === 0.5) expect(Math.abs(rounded % 2)).toBe(0)
      }),
    )
  })
})

describe('a label line', () => {
  const set = fc.constantFrom(...Object.values(attributeSets))
  const labelled = set.chain(attributes =>
    fc.record({
      set: fc.constant(attributes),
      scores: fc
        .subarray(attributes.attributes.map(({ key }) => key))
        .chain(keys => fc.tuple(...keys.map(key => fc.tuple(fc.constant(key), fc.integer({ min: -9, max: 99 }))))),
      lang: attributes.language ? fc.constantFrom('en', 'zh', null) : fc.constant(null),
    }),
  )

  it('is read as it was written, and written as it was read', () => {
    fc.assert(
      fc.property(labelled, ({ set, scores, lang }) => {
        const label = { scores: Object.fromEntries(scores), lang }
        const line = formatLabel(set, label)
        expect(parseLabel(line)).toEqual(label)
        expect(formatLabel(set, parseLabel(line))).toBe(line)
        expect(hasScores(line)).toBe(scores.length > 0)
      }),
    )
  })

  it('has the keys of its set in order, and no others', () => {
    const line = formatLabel(attributeSets['helpsteer-5@1'], {
      scores: { verbosity: 1, quality: 4, helpfulness: 3 },
      lang: 'en',
    })
    expect(line).toBe('helpfulness:3,verbosity:1')
  })

  it.each(['quality', 'quality:', 'quality:x', 'quality:1.5', ':1', 'quality:1,', 'lang:', 'quality:1,quality:2'])(
    'is not %j',
    line => {
      expect(() => parseLabel(line)).toThrow(expect.objectContaining({ code: 'STEERFLOW_RECORD_INVALID' }))
    },
  )

  it.each([
    [undefined, false],
    [null, false],
    ['', false],
    ['lang:en', false],
    ['quality:1', true],
    ['language:1', true],
    ['lang:en,quality:1', true],
  ])('%j scores: %s', (line, expected) => {
    expect(hasScores(line)).toBe(expected)
  })
})
