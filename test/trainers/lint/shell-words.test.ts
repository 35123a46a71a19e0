import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../../src/trainers/literals.js'
import { shellCommands } from '../../../src/trainers/lint/shell-words.js'

const texts = (script: string) => shellCommands(script).map(command => command.map(word => word.text))

/** What bash itself hands to a program. */
const bash = (words: string): readonly string[] =>
  execFileSync('bash', ['-c', `printf '%s\\0' ${words}`])
    .toString('utf8')
    .split('\0')
    .slice(0, -1)

describe('shellCommands', () => {
  it.each([
    String.raw`a=\x11 'b=\x11' "c=\x11" d=\\x11`,
    String.raw`$'\x11\n\'\"\\\101\u00e9' x$'y'z`,
    `'a b'"c d"e\\ f`,
    `"a\\"b\\\\c\\$d"`,
    `a\\\nb c`,
    `a#b 'it'\\''s' ""`,
    String.raw`=\'\<extra_id_1\>\'`,
    `$'a\\0b'c`,
  ])('reads words as bash does: %s', words => expect(texts(words)).toEqual([bash(words)]))

  it('reads back what shellWord writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab \\\'"$`#&;|\n\t\x11{}<>='), minLength: 1 })
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), words => {
        expect(texts(words.map(shellWord).join(' '))).toEqual([words])
      }),
    )
  })

  it('ends commands at line breaks, semicolons, pipes and ampersands; comments are no commands', () => {
    expect(texts('# one\na b; c | d && e # two\n\nf \\\n  g')).toEqual([['a', 'b'], ['c'], ['d'], ['e'], ['f', 'g']])
  })

  it.each([
    [String.raw`k=\x11`, true, false],
    [String.raw`'k=\x11'`, false, false],
    [String.raw`k=\<a\>`, false, false],
    [String.raw`k=$'\x00'`, false, true],
    [String.raw`k=$'\x11'`, false, false],
  ])('says what the shell took away of %s', (script, lostBackslash, cutAtNul) => {
    expect(shellCommands(script)[0]![0]).toMatchObject({ lostBackslash, cutAtNul, raw: script })
  })
})
