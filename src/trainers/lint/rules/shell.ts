import { needsHydraQuotes } from '../hydra-value.js'
import type { Rule } from '../finding.js'
import type { Setting, LintSubject } from '../subject.js'
import { visible } from '../words.js'

const inFile = (key: string, intended: string): string =>
  `no command line can hold a NUL: set ${key}: "${visible(intended)}" in a YAML file, as jobs render it; or leave it out, since it is the trainer's default`

/** The text that a spelt backslash escape was meant to produce. */
const meant = (raw: string): string =>
  raw.replace(/(?<!\\)\\+x([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))

const afterEquals = (text: string): string => text.slice(text.indexOf('=') + 1)

const setByWord = ({ settings }: LintSubject): readonly (Setting & { word: NonNullable<Setting['word']> })[] =>
  [...settings.values()].flatMap(setting => (setting.word === null ? [] : [{ ...setting, word: setting.word }]))

const isToken = (key: string): boolean => key.startsWith('model.data.chat_prompt_tokens.')

/** `=\x11` arrives as `x11`, three characters: docs/reference/training-tools.md#prompt-tokens-on-a-command-line. */
export const lostBackslash: Rule = {
  id: 'lost-backslash',
  severity: 'error',
  title: 'a backslash outside of quotes, which the shell removes',
  check: subject => [
    ...setByWord(subject)
      .filter(({ word }) => word.lostBackslash)
      .map(({ key, word }) => ({
        text: `the shell removes the backslash of ${word.raw}: the program gets ${visible(afterEquals(word.text))}`,
        next: isToken(key) ? inFile(key, meant(afterEquals(word.raw))) : 'put the word into single quotes',
      })),
    ...subject.words
      .filter(word => word.lostBackslash)
      .map(({ raw, text }) => ({
        text: `the shell removes the backslash of ${raw}: the program gets ${visible(text)}`,
        next: 'put the word into single quotes',
      })),
  ],
}

/**
 * hydra's quotes know no \x escapes: `'\x11'` is four characters
 * (docs/reference/training-tools.md#prompt-tokens-on-a-command-line).
 */
export const tokenEscape: Rule = {
  id: 'token-escape',
  severity: 'error',
  title: 'an escape in a prompt token on a command line, which stays literal',
  check: subject =>
    setByWord(subject)
      .filter(({ key, value, word }) => isToken(key) && !word.lostBackslash && /\\[xu0-7]/.test(String(value)))
      .map(({ key, value, word }) => ({
        text: `${key} becomes ${[...String(value)].length} characters: hydra does not know the escape in ${word.raw}`,
        next: inFile(key, meant(afterEquals(word.raw))),
      })),
}

/**
 * bash cuts a word at NUL, and hydra's grammar allows control characters in quotes only
 * (docs/reference/training-tools.md#prompt-tokens-on-a-command-line).
 */
export const controlCharacter: Rule = {
  id: 'control-character',
  severity: 'error',
  title: 'a control character in a word of a command line',
  check: subject =>
    setByWord(subject)
      .filter(({ word }) => word.cutAtNul)
      .map(({ key, word }) => ({
        text: `the shell cuts ${word.raw} at its NUL: the program gets ${visible(word.text)}`,
        next: inFile(key, '\0'),
      })),
}

export const hydraQuotes: Rule = {
  id: 'hydra-quotes',
  severity: 'error',
  title: 'a value that hydra cannot read without quotes of its own inside those of the shell',
  check: subject =>
    !subject.trains
      ? []
      : setByWord(subject)
          .filter(({ word }) => !word.cutAtNul && needsHydraQuotes(afterEquals(word.text)))
          .map(({ key, word }) => ({
            text: `hydra does not accept ${visible(afterEquals(word.text))} as the value of ${key}`,
            next: `write '${key}="…"', or set it in a YAML file`,
          })),
}
