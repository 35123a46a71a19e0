import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { attributeSets } from '../src/domain/attributes.js'
import { extraIdTokens } from '../src/domain/prompt-tokens.js'
import { expressionsIn } from './support/expressions/find.js'
import { fasterThanLinear } from './support/expressions/growth.js'
import { madeBy } from './support/expressions/made.js'

/** Expressions that may take more than linear time, each with the reason why no text of others reaches it. */
const allowed: Readonly<Record<string, string>> = {}

const { literals, built } = expressionsIn('src')

/** What makes the expressions that are not spelled as literals: each file that calls `RegExp` has its row. */
const making: Readonly<Record<string, () => unknown>> = {
  'src/adapters/secrets.ts': async () => {
    const { Secrets } = await import('../src/adapters/secrets.js')
    new Secrets({ authorization: 'Bearer k&y%\\ +/' }).cut('')
  },
  'src/baseline/generate.ts': async () => {
    const { tokenizer } = await import('../src/baseline/generate.js')
    tokenizer(extraIdTokens)
  },
  'src/cli/run/expand-inputs.ts': async () => {
    const { expandInputs } = await import('../src/cli/run/expand-inputs.js')
    // A pattern is the user's own, and meets the names of files.
    await expandInputs(['examples/02-my-data/[a-c]*.jsonl'])
  },
  'src/domain/bootstrap/gate/answer-rules.ts': async () => {
    vi.resetModules()
    const { judgeAnswer } = await import('../src/domain/bootstrap/gate/answer-rules.js')
    const answer = { text: 'a', finish: 'stop', predicted: '', scores: {} }
    const facts = { answer, rules: {}, controlTokens: [], set: { ...attributeSets['oasst-12-lang@1'] } }
    try {
      judgeAnswer(facts as never)
    } catch {
      // Other rules want to know more; that an expression was made is seen by the count.
    }
  },
  'src/domain/line-head.ts': async () => {
    vi.resetModules()
    await import('../src/domain/line-head.js')
  },
}

describe('the search for slow expressions', () => {
  it.each([
    [/\s*,\s*/, 'runs in the middle'],
    [/\n+$/, 'runs before an end'],
    [/^(\d+\.?\d*|\.\d+)$/, 'two runs of the same'],
    [/^([^\s:]+)\s*:\s*([+-]?(?:\d+\.?\d*|\.\d+))$/, 'two runs of the same behind something else'],
    [/^\s*(\d+)\s+(\S+)\s+(.*\S)/, 'a run that has to be left at its end'],
    [/^[^{]*\{[^{]*"line":\s*(\d+)[^{]*"record":/, 'a phrase that comes again and again'],
    [/^(?:a|aa)+$/, 'alternatives that begin alike'],
    [/(\\*)\$\{/g, 'runs that may be empty'],
  ])('finds %s: %s', expression => expect(fasterThanLinear(expression, [10_000, 20_000])).not.toBeNull())

  it.each([/(?<!\n)\n+$/, /^\d+(?:_\d+)*$/, /[&<>"']/g, /^(.+):(\d+)$/])('clears %s', expression =>
    expect(fasterThanLinear(expression)).toBeNull(),
  )

  it('sees every literal, and no comment or text', () => {
    expect(literals.length).toBeGreaterThan(150)
    expect(
      literals.filter(({ at }) => at.startsWith('src/domain/prompt.ts:')).map(({ expression }) => expression),
    ).toEqual([/(?<!\n)\n+$/])
  })
})

describe('an expression of the sources takes time in proportion to the text', () => {
  it.each(literals.filter(({ at }) => !Object.hasOwn(allowed, at)))('$at $expression', ({ expression }) =>
    expect(fasterThanLinear(expression)).toBeNull(),
  )

  it('every file that makes expressions of texts is known here', () =>
    expect([...built.keys()].sort()).toEqual(Object.keys(making).sort()))

  it.each(Object.keys(making))('those that %s makes', async file => {
    const made = await madeBy(making[file]!)
    expect(made.length).toBeGreaterThanOrEqual(built.get(file)!)
    for (const expression of made) expect(fasterThanLinear(expression)).toBeNull()
  })

  it('the exceptions are still there', () =>
    expect(Object.keys(allowed).filter(at => !literals.some(one => one.at === at))).toEqual([]))
})

/** Expressions as they were, and as they are now. */
const mended: readonly (readonly [string, RegExp, RegExp, string])[] = [
  ['line ends', /\n+$/, /(?<!\n)\n+$/, '\n a'],
  ['dashes', /^[^a-z]+|-+$/g, /^[^a-z]+|(?<!-)-+$/g, '-a1'],
  ['replacement characters', /\uFFFD+$/, /(?<!\uFFFD)\uFFFD+$/, '\uFFFDa'],
  ['slashes', /\/+$/, /(?<!\/)\/+$/, '/a'],
  ['escapes', /\\+x([0-9a-f]{2})/gi, /(?<!\\)\\+x([0-9a-f]{2})/gi, '\\x0aF'],
  ['interpolations', /(\\*)\$\{/g, /(?<!\\)(\\*)\$\{/g, '\\${a'],
  ['quotes', /(\\+)'/g, /(?<!\\)(\\+)'/g, "\\'a"],
  ['scripts', /([\w.-]+)\.py$/, /(?<![\w.-])([\w.-]+)\.py$/, '.py-/a\n'],
  ['mounts', /^[^\s,]+:[^\s,]+$/, /^[^\s,][^\s,:]*:[^\s,]+$/, ':a, '],
  ['numbers', /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i, '+-.0e'],
]

describe('a mended expression finds what the old one found', () => {
  it.each(mended)('%s', (_, old, now, alphabet) => {
    const texts = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 })
    fc.assert(
      fc.property(texts, text => {
        const found = (expression: RegExp): unknown[] =>
          [...text.matchAll(new RegExp(expression.source, `${expression.flags.replace('g', '')}g`))].map(
            ({ 0: whole, index }) => [whole, index],
          )
        expect(found(now)).toEqual(found(old))
      }),
      { numRuns: 500 },
    )
  })
})
