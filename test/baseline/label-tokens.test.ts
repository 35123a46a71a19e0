import { describe, expect, it } from 'vitest'
import { missingOfLabel } from '../../src/baseline/generate.js'

const values = new Map([
  ['quality', '3'],
  ['not_appropriate', '0'],
  ['lang', 'en'],
])
const line = 'quality:3,not_appropriate:0,lang:en\n'

describe('what is missing of a label line', () => {
  it('completes every part of the line, be it cut within a key', () => {
    for (let cut = 0; cut < line.length; cut++) {
      const given = line.slice(0, cut)
      // A value that is cut counts as given: it is one token.
      if (given.endsWith('lang:e')) continue
      expect(given + missingOfLabel(given, values)!.join('')).toBe(line)
    }
    expect(missingOfLabel(line, values)).toBeNull()
  })

  it('keeps what was given, and goes on behind it', () => {
    expect(missingOfLabel('quality:0,', values)!.join('')).toBe('not_appropriate:0,lang:en\n')
    expect(missingOfLabel('not_appropriate:', values)![0]).toBe('0')
  })

  it('gives a key, a colon, a value and a comma a token each', () => {
    expect(missingOfLabel('quality:', values)!.slice(0, 5)).toEqual(['3', ',', 'not_appropriate', ':', '0'])
  })

  it.each(['verbosity:', 'verbosity:3', 'verbosity:3,', 'verbosity:3,qua', 'xyz', 'lang:en,', ','])(
    'ends the line behind %j, since it has no value to give',
    given => {
      expect(missingOfLabel(given, values)).toEqual(['\n'])
    },
  )
})
