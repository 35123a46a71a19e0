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
      .filter(
        ({ key, value, word }) =>
          isToken(key) && !word.expands && !word.lostBackslash && /\\[xu0-7]/.test(String(value)),
      )
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
          .filter(({ word }) => !word.cutAtNul && !word.expands && needsHydraQuotes(afterEquals(word.text)))
          .map(({ key, word }) => ({
            text: `hydra does not accept ${visible(afterEquals(word.text))} as the value of ${key}`,
            next: `write '${key}="…"', or set it in a YAML file`,
          })),
}

/** Options of hydra that take the next word. */
const withValue = /^(--(config-(name|path|dir)|package)|-c[npd]|-p)$/

/** hydra refuses a word without `=`: usually the rest of a value with a blank, or of a line that was to continue. */
export const strayWord: Rule = {
  id: 'stray-word',
  severity: 'error',
  title: 'a word of a training command that sets nothing',
  check: ({ trains, words }) => {
    if (!trains) return []
    const rest = words.slice(words.findIndex(({ text }) => text.endsWith('.py')) + 1)
    return rest
      .filter(({ text, expands }, at) => {
        const isFlag = /^[-~]/.test(text) || withValue.test(rest[at - 1]?.text ?? '')
        return !expands && !isFlag && !text.includes('=')
      })
      .map(({ text, raw }) =>
        text.trim() === ''
          ? {
              text: `${visible(raw)} is a blank with a backslash before it: the line ends here, and the next one is another command`,
              next: 'end the line with the backslash: nothing may follow it, no blank either',
            }
          : {
              text: `${visible(raw)} sets nothing: hydra refuses a word without =`,
              next: 'quote a value that contains blanks as a whole, or remove the word',
            },
      )
  },
}

/** The rest of a command: the line before ended it, for example by a comment between two lines. */
export const detachedSetting: Rule = {
  id: 'detached-setting',
  severity: 'error',
  title: 'settings that are a command of their own, so that no training gets them',
  check: ({ detached, settings }) =>
    detached
      ? [
          {
            text: `${[...settings.keys()].join(', ')}: a command of its own, which the shell does not find; the training before it goes without`,
            next: 'continue the line before with a backslash as its last character, and move a comment out of the command',
          },
        ]
      : [],
}

/** A backslash before CR LF continues nothing, and the last word of every other line ends with a carriage return. */
export const carriageReturn: Rule = {
  id: 'carriage-return',
  severity: 'error',
  title: 'a script whose lines end with CR LF',
  check: ({ trains }, { crlf }) =>
    trains && crlf
      ? [
          {
            text: 'the lines of the script end with CR LF: a backslash at their end continues nothing, and words end with a carriage return',
            next: "convert it: sed -i 's/\\r$//' SCRIPT",
          },
        ]
      : [],
}
