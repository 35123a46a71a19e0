import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ComparedOutput, RepeatFilter } from '../../src/runtime/repeat-filter.js'

/** A text as an emission: its contents are its beginnings. */
const output = (text: string, origin: string): ComparedOutput => ({
  topic: 'kept',
  key: Buffer.from('k'),
  value: Buffer.from(text),
  headers: { node: 'clean' },
  likeness: { name: `${origin}:${text}`, contents: [...text].map((_, at) => text.slice(0, at + 1)), origin },
})

const filter = () =>
  new RepeatFilter({
    wait: { records: 10, seconds: 1 },
    instead: ({ value }, by) => ({
      topic: 'dropped',
      key: Buffer.from('k'),
      value: Buffer.from(`${value.toString()} < ${by}`),
    }),
  })

/** What is left of texts that came one after the other, and all waited. */
function through(...texts: readonly (readonly [text: string, origin: string])[]) {
  const repeats = filter()
  const records = texts.map(([text, origin]) => [output(text, origin)])
  for (const record of records) repeats.add(record)
  return records.flat()
}
const kept = (outputs: readonly ComparedOutput[]) =>
  outputs.filter(({ topic }) => topic === 'kept').map(({ value }) => value.toString())

describe('of what waits together', () => {
  it('the beginning of another is replaced, whichever came first', () => {
    expect(kept(through(['a', '1'], ['ab', '2'], ['abc', '3']))).toEqual(['abc'])
    expect(kept(through(['abc', '1'], ['a', '2'], ['ab', '3']))).toEqual(['abc'])
    expect(kept(through(['ab', '1'], ['ac', '2'], ['abd', '3']))).toEqual(['ac', 'abd'])
  })

  it('the replacement says by what, and keeps the headers', () => {
    const [dropped] = through(['a', '1'], ['ab', '2'])
    expect(dropped).toMatchObject({ topic: 'dropped', headers: { node: 'clean' } })
    expect(dropped!.value.toString()).toBe('a < 2:ab')
    expect(dropped).not.toHaveProperty('likeness')
  })

  it('one of two equal ones is left, the first', () => {
    expect(through(['ab', '1'], ['ab', '2']).map(({ topic }) => topic)).toEqual(['kept', 'dropped'])
  })

  it('those of one origin are no repeats of each other', () => {
    expect(kept(through(['a', '1'], ['ab', '1'], ['ab', '1']))).toEqual(['a', 'ab', 'ab'])
    expect(kept(through(['a', '1'], ['ab', '1'], ['abc', '2']))).toEqual(['abc'])
  })

  it('an output without a likeness is left alone', () => {
    const repeats = filter()
    const { likeness: _, ...plain } = output('a', '1')
    const record = [plain as ComparedOutput]
    repeats.add(record)
    repeats.add([output('ab', '2')])
    expect(record).toEqual([plain])
  })

  it('what was committed neither repeats nor is repeated', () => {
    const repeats = filter()
    const [long, short] = [[output('ab', '1')], [output('a', '2')]]
    repeats.add(long)
    repeats.forget(long)
    repeats.add(short)
    expect(kept(short)).toEqual(['a'])
    const again = [output('ab', '3')]
    repeats.forget(short)
    repeats.add(again)
    expect(kept([...short, ...again])).toEqual(['a', 'ab'])
  })

  it('exactly the longest are kept, each once, in whatever order they come', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), texts => {
        const outputs = through(...texts.map((one, origin) => [one, String(origin)] as const))
        const longest = new Set(texts.filter(one => !texts.some(other => other !== one && other.startsWith(one))))
        expect(kept(outputs).toSorted()).toEqual([...longest].toSorted())
        expect(outputs).toHaveLength(texts.length)
      }),
    )
  })
})
