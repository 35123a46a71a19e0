import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AttributeSet, attributeSets, labelKeys, languages } from '../../src/domain/attributes.js'
import { labelGrammar, labelRegex } from '../../src/domain/label-grammar.js'
import { readLine } from '../../src/domain/label-reply.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'

const wide: AttributeSet = {
  name: 'wide@1',
  attributes: [
    { key: 'a.b', min: 1, max: 12 },
    { key: 'say"so\\', min: -3, max: 2 },
  ],
  language: true,
}
const sets: readonly AttributeSet[] = [...Object.values(attributeSets), wide]

/** The label that `readLine` finds in what continues the first key, without that key; null when it finds none. */
function accepted(set: AttributeSet, text: string): string | null {
  const start = `${set.attributes[0]!.key}:`
  const reply = readLine(`<extra_id_2>${start}${text}`, `<extra_id_2>${start}`, set, extraIdTokens)
  return reply && reply.label.slice(start.length)
}

/** Lines that are nearly right: each value is on the scale, beside it, or spelt in another way. */
const lines = (set: AttributeSet) => {
  const odd = fc.constantFrom('', ' 1', '01', '+1', '-1', '1.0', 'x', '99', 'xx')
  const valueOf = (key: string): fc.Arbitrary<string> => {
    const attribute = set.attributes.find(one => one.key === key)
    const good = attribute
      ? fc.integer({ min: Math.max(attribute.min, 0), max: attribute.max }).map(String)
      : fc.constantFrom(...languages)
    return fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: odd })
  }
  const keys = labelKeys(set)
  const values = fc.tuple(...keys.map(valueOf))
  const end = fc.constantFrom('', '', '', '\n', '\n<extra_id_1>User', ',humor:3', ' ')
  return fc.tuple(values, end).map(([given, rest]) => {
    const items = keys.map((key, index) => `${index === 0 ? '' : `${key}:`}${given[index]!}`)
    return items.join(',') + rest
  })
}

/** A grammar of one rule as a regular expression of JavaScript: literals, classes, groups. */
function expressionOf(grammar: string): RegExp {
  const body = /^root ::= (.*)\n$/.exec(grammar)![1]!
  const tokens = body.match(/"(?:[^"\\]|\\.)*"|\[\d-\d\]|[()|]/g)!
  expect(tokens.join(' ')).toBe(body.replaceAll(/(?<![\\"])\((?=")/g, '( ').replaceAll(/(?<=")\)/g, ' )'))
  const source = tokens.map(token =>
    token.startsWith('"')
      ? [...token.slice(1, -1).replaceAll(/\\(.)/g, '$1')]
          .map(one => `\\u{${one.codePointAt(0)!.toString(16)}}`)
          .join('')
      : token,
  )
  return new RegExp(`^${source.join('')}$`, 'u')
}

describe.each(sets.map(set => [set.name, set] as const))('the label line of %s', (_, set) => {
  const regex = new RegExp(`^${labelRegex(set)}$`)
  const grammar = expressionOf(labelGrammar(set))

  it('is accepted by the reader exactly when it is written as the regular expression and the grammar say', () => {
    let right = 0
    fc.assert(
      fc.property(lines(set), text => {
        const label = accepted(set, text)
        if (label !== null) right++
        expect(regex.test(text)).toBe(label === text)
        expect(grammar.test(text)).toBe(regex.test(text))
        if (label !== null) expect(label).toMatch(regex)
      }),
    )
    expect(right).toBeGreaterThan(10)
  })
})

it('is spelt for servers', () => {
  const five = attributeSets['helpsteer-5@1']
  expect(labelRegex(five)).toBe('[0-4],correctness:[0-4],coherence:[0-4],complexity:[0-4],verbosity:[0-4]')
  expect(labelGrammar(five)).toBe(
    'root ::= [0-4] ",correctness:" [0-4] ",coherence:" [0-4] ",complexity:" [0-4] ",verbosity:" [0-4]\n',
  )
  expect(labelRegex(attributeSets['oasst-12-lang@1'])).toMatch(/,lang:\(ar\|bg\|.*\|zh\)$/)
})
