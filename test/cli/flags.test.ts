import { describe, expect, it } from 'vitest'
import {
  mapOption,
  oneOf,
  portNumber,
  pythonBoolean,
  secondsOrForever,
  threadCount,
  unescaped,
  wholeNumber,
} from '../../src/cli/flags.js'

describe('option values', () => {
  it('are whole numbers', () => {
    expect(wholeNumber(1)('12')).toBe(12)
    for (const text of ['0', '-1', '1.5', 'x', ''])
      expect(() => wholeNumber(1)(text)).toThrow('whole number, 1 or more')
    for (const text of ['0', '257', '1000000']) expect(() => threadCount(text)).toThrow('whole number from 1 to 256')
    for (const text of ['0', '65536']) expect(() => portNumber(text)).toThrow('whole number from 1 to 65535')
  })

  it('are seconds', () => {
    expect(secondsOrForever('1.5')).toBe(1500)
    expect(secondsOrForever('forever')).toBeNull()
    for (const text of ['-1', 'x', '', 'Infinity', '1e300']) expect(() => secondsOrForever(text)).toThrow('seconds')
  })

  it('are booleans as Python spells them', () => {
    expect(['True', 'true', '1'].map(pythonBoolean)).toEqual([true, true, true])
    expect(['False', 'false', '0'].map(pythonBoolean)).toEqual([false, false, false])
    expect(() => pythonBoolean('yes')).toThrow('True or False')
  })

  it('are words', () => {
    expect(oneOf('a', 'b')('b')).toBe('b')
    expect(() => oneOf('a', 'b')('c')).toThrow('a, b')
  })

  it('hold control characters as escapes', () => {
    expect(unescaped('\\x11')).toBe('\x11')
    expect(unescaped('\\u0012<\\\\x11>')).toBe('\x12<\\x11>')
  })
})

describe('--map', () => {
  const parse = (...pairs: string[]) =>
    pairs.reduce<unknown>((before, pair) => mapOption().parseArg!(pair, before as string), undefined)

  it('gathers names of keys and speakers', () => {
    expect(parse('dialog=messages', 'role.agent=assistant', 'a=b=c', 'thinking=-')).toEqual({
      keys: { dialog: 'messages', 'a=b': 'c', thinking: '-' },
      roles: { agent: 'assistant' },
    })
  })

  it.each(['dialog', '=x', 'x=', 'role.=user', 'role.agent=narrator'])('refuses %s', pair => {
    expect(() => parse(pair)).toThrow(/it must be/i)
  })
})
