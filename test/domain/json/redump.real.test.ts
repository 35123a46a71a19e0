import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redump } from '../../../src/domain/json/redump.js'
import { hostile, valid } from './texts.js'

const script = `
import json, sys
for line in sys.stdin.buffer.read().decode("utf-8").split("\\x00"):
    try:
        out = json.dumps(json.loads(line), ensure_ascii=False)
        out.encode("utf-8")
    except (ValueError, UnicodeEncodeError):
        out = "refused"
    sys.stdout.buffer.write(out.encode("utf-8") + b"\\x00")
`

/** What the machine's Python makes of the texts. */
function python(texts: readonly string[]): string[] {
  const run = spawnSync('python3', ['-c', script], { input: texts.join('\0'), maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`python3: ${run.error?.message ?? run.stderr.toString()}`)
  return run.stdout.toString().split('\0').slice(0, -1)
}

function ours(text: string): string {
  try {
    return redump(text)
  } catch {
    return 'refused'
  }
}

describe('redump beside Python', () => {
  it('agrees on the table', () => {
    const texts = [...valid.map(([text]) => text), ...hostile].filter(text => !text.includes('\0'))
    expect(texts.map(ours)).toEqual(python(texts))
  })

  it('agrees on doubles, spelled in many ways', () => {
    const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 5000)
    const decimals = fc.sample(fc.tuple(fc.integer(), fc.integer({ min: -40, max: 40 })), 5000)
    const spelled = [
      ...doubles.map(value => value.toExponential()),
      ...decimals.map(([digits, power]) => `${digits}e${power}`),
      ...decimals.map(([digits, power]) => (digits / 10 ** Math.abs(power)).toFixed(20)),
    ]
    expect(spelled.map(ours)).toEqual(python(spelled))
  })

  it('agrees on random texts made of JSON’s pieces', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '\\ud83d',
      '\\n',
      '1',
      '-',
      '.',
      'e5',
      'null',
      'NaN',
      ' ',
    ]
    const soup = fc.sample(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 }), 20_000)
    const objects = fc
      .sample(fc.array(fc.tuple(fc.constantFrom('"a"', '"1"', '"0"', '"\\u0061"'), fc.integer())), 2000)
      .map(entries => `{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`)
    const texts = [...soup, ...objects]
    expect(texts.map(ours)).toEqual(python(texts))
  })
})
