import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePrometheus } from '../../../../src/adapters/inference/load/prometheus.js'

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const name = fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,12}$/)
const labelName = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/)
const labels = fc.dictionary(labelName, fc.string({ unit: 'grapheme', maxLength: 8 }), {
  noNullPrototype: true,
  maxKeys: 4,
})
const value = fc.double()

describe('a page of metrics', () => {
  it('is read as it was written, whatever stands in labels', () => {
    const sample = fc.record({ name, labels, value })
    fc.assert(
      fc.property(fc.array(sample), samples => {
        const text = samples.map(({ name, labels, value }) => {
          const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
          const spelled = Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
          return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${spelled} 1764000000000`
        })
        const read = parsePrometheus(`# HELP a b\n# TYPE a gauge\n\n${text.join('\n')}\n`)
        expect(read).toEqual(
          samples.map(one => ({ ...one, value: one.value === 0 ? (expect.closeTo(0) as number) : one.value })),
        )
      }),
    )
  })

  it('never fails, whatever it is', () => {
    fc.assert(fc.property(fc.string(), text => Array.isArray(parsePrometheus(text))))
  })

  it.each([
    ['a{b="c}d",e="f"} 1', [{ name: 'a', labels: { b: 'c}d', e: 'f' }, value: 1 }]],
    ['a{ b = "c" , } 2.5e-3', [{ name: 'a', labels: { b: 'c' }, value: 0.0025 }]],
    ['a 7 # {trace_id="x"} 0.5', [{ name: 'a', labels: {}, value: 7 }]],
    ['  a\t3\r', [{ name: 'a', labels: {}, value: 3 }]],
    ['<html>', []],
    ['a{b="c} 1', []],
    ['a one', []],
    ['a 0x10', []],
  ])('%j', (text, samples) => expect(parsePrometheus(text)).toEqual(samples))

  /** The expressions that lines were read with before, but that something stands between a name and its value. */
  const old = {
    line: /^([A-Za-z_:][\w:]*)(?:[ \t]*\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}[ \t]*|[ \t]+)(\S+)(?:[ \t]+-?\d+)?(?:[ \t]+#.*)?$/,
    label: /([A-Za-z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"/g,
  }
  const readBefore = (text: string) =>
    text.split('\n').flatMap(raw => {
      const match = old.line.exec(raw.trim())
      if (!match || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(match[3]!)) return []
      const labels = [...(match[2] ?? '').matchAll(old.label)].map(([, name, value]) => [
        name!,
        value!.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)),
      ])
      return [{ name: match[1]!, labels: Object.fromEntries(labels) as object, value: Number(match[3]) }]
    })

  it('is read as before, whatever it is', () => {
    const unit = fc.constantFrom(...'a:_{}="\\, \t1.#-', 'a{', '="', '"}', '} 1', ' # x', '\n', '\r')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), text => {
        expect(parsePrometheus(text)).toEqual(readBefore(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('takes time in proportion to its length', () => {
    const lines = [
      '_'.repeat(4e6),
      `a{${'a="'.repeat(1e6)}`,
      `a{${'a="\\"'.repeat(1e6)}} 1`,
      `a{b="c"${' '.repeat(4e6)}`,
      '1'.repeat(4e6),
    ]
    const before = process.cpuUsage()
    for (const line of lines) parsePrometheus(`${line}\n${line}} x`)
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10)
  })
})
