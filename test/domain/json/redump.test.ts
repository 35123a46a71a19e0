import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonFloat, redump } from '../../../src/domain/json/redump.js'
import { pythonJson, deepest } from '../../../src/domain/json/json.js'
import { hostile, valid } from './texts.js'

const golden = (name: string) => readFileSync(`test/golden/data/redump/${name}`, 'utf8').trimEnd()

describe('redump', () => {
  it('gives what the original wrote', () => {
    expect(redump(golden('escaped.jsonl'))).toBe(golden('escaped.clean.jsonl'))
  })

  it.each(valid)('gives Python’s spelling of %j', (text, expected) => {
    expect(redump(text)).toBe(expected)
  })

  it.each(hostile)('refuses %j', text => {
    expect(() => redump(text)).toThrow(expect.objectContaining({ code: 'STEERFLOW_INPUT_JSON' }))
  })

  it('is the identity on what it wrote, and keeps the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), value => {
        const once = redump(JSON.stringify(value))
        expect(redump(once)).toBe(once)
        expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('agrees with pythonJson where there are no numbers', () => {
    const text = fc.string({ unit: 'binary' })
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.constantFrom(null, true, false),
        fc.array(tie('value')),
        fc.array(fc.tuple(text, tie('value'))).map(entries => Object.fromEntries(entries)),
      ),
    }))
    fc.assert(
      fc.property(value, value => {
        expect(redump(JSON.stringify(value))).toBe(pythonJson(value))
      }),
    )
  })

  it('takes the nesting that a source may have, and no deeper', () => {
    const nested = (pairs: number): string => '[{"a": '.repeat(pairs) + '1' + '}]'.repeat(pairs)
    const pairs = deepest.source / 2
    expect(redump(nested(pairs))).toBe(nested(pairs))
    expect(() => redump(nested(pairs + 1))).toThrow(/nest/)
    expect(() => redump('['.repeat(pairs))).toThrow('a value expected')
  })
})

describe('pythonFloat', () => {
  it('gives back the same double', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), value => {
        expect(Number(pythonFloat(value))).toBe(value)
        expect(pythonFloat(value)).toMatch(/^-?(\d+\.\d+|\d(\.\d+)?e[-+]\d{2,3})$/)
      }),
    )
  })
})
