import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { shellWord, yamlFloat, yamlString } from '../../src/trainers/literals.js'
import { bitten } from './bitten.js'

/** Strings with everything that has bitten. */
const pieces = [...bitten, 'x']
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
    ),
  )
  .map(parts => parts.join(''))

/** What OmegaConf makes of a YAML string: before `${`, pairs of backslashes are one each, and an odd one escapes it. */
function omegaConf(text: string): string {
  return text.replace(/(\\*)\$\{/g, (_, slashes: string) => {
    if (slashes.length % 2 === 0) throw new Error('an interpolation')
    return `${'\\'.repeat((slashes.length - 1) / 2)}\${`
  })
}

describe('yamlString', () => {
  it('is read back as the same string', () => {
    fc.assert(
      fc.property(nasty, text => {
        expect(omegaConf(parse(yamlString(text)) as string)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('is printable ASCII in double quotes, since loaders refuse or change other characters', () => {
    fc.assert(
      fc.property(nasty, text => {
        expect(yamlString(text)).toMatch(/^"[\x20-\x7e]*"$/)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['\x00', '"\\u0000"'],
    ['\x11', '"\\u0011"'],
    ['<extra_id_1>', '"<extra_id_1>"'],
    ['/d/${name}.jsonl', '"/d/\\\\${name}.jsonl"'],
    ['😀', '"\\U0001f600"'],
  ])('writes %j', (text, literal) => expect(yamlString(text)).toBe(literal))
})

describe('yamlFloat', () => {
  it.each([
    [6e-6, '0.000006'],
    [1e-7, '1.0e-7'],
    [1, '1.0'],
    [0.01, '0.01'],
    [1e21, '1.0e+21'],
    [-2.5e-9, '-2.5e-9'],
  ])('writes %j', (value, literal) => expect(yamlFloat(value)).toBe(literal))

  it('has the form that YAML 1.1 takes for a float, and keeps the value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(yamlFloat(value)).toMatch(/^-?\d+\.\d+(e[-+]\d+)?$/)
        expect(Number(yamlFloat(value)) === value).toBe(true)
      }),
    )
  })
})

describe('shellWord', () => {
  it('is one word with the same text to a shell', () => {
    const words = fc.sample(nasty, 60).map(text => text.replaceAll('\0', ''))
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`])
    expect(printed.toString('utf8').split('\0').slice(0, -1)).toEqual(words)
  })

  it('leaves a plain word as it is', () => expect(shellWord('--config-dir=/data/job')).toBe('--config-dir=/data/job'))
})
