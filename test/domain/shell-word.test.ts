import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shellWord } from '../../src/domain/shell-word.js'

const typed = (words: readonly string[]): string[] =>
  spawnSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' })
    .stdout.split('\0')
    .slice(0, -1)

it.each([
  ['plain/path', 'plain/path'],
  ["it's a folder", "'it'\\''s a folder'"],
  ['-x', './-x'],
  ['', "''"],
])('%j is typed as %s', (word, spelled) => expect(shellWord(word)).toBe(spelled))

it('comes out of a shell as it was', () => {
  const word = fc.string({ unit: 'binary', maxLength: 20 }).filter(text => !/\0|[\ud800-\udfff]/.test(text))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), words => {
      expect(typed(words)).toEqual(words.map(one => (one.startsWith('-') ? `./${one}` : one)))
    }),
    { numRuns: 20 },
  )
})
