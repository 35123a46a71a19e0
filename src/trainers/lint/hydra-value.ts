import type { Value } from './subject.js'

/**
 * A value of a hydra command line as the composed configuration has it: quotes are hydra's own and know no escapes but
 * those of themselves; unquoted, numbers and words such as `true` have types
 * (docs/reference/training-tools.md#literals).
 */
export function hydraValue(text: string): Value {
  const quoted = /^(['"])([^]*)\1$/.exec(text)
  if (quoted) return unquote(quoted[2]!, quoted[1] as "'" | '"')
  if (/^[+-]?\d+$/.test(text) && (/^[+-]?0$/.test(text) || !/^[+-]?0/.test(text))) return Number(text)
  if (/^[+-]?(\d+\.\d*|\.?\d+)(e[+-]?\d+)?$/i.test(text) && !/^[+-]?0\d/.test(text)) return Number(text)
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return text === 'null' ? null : text.replace(/\\([\\<>(),=:{}[\] ])/g, '$1')
}

/** Backslashes with a quote behind them, from the first of them on. */
const escaped = { "'": /(?<!\\)(\\+)'/g, '"': /(?<!\\)(\\+)"/g } as const

/** Backslashes before the quote are halved, and the last of an odd number escapes it; elsewhere they stay. */
const unquote = (text: string, quote: "'" | '"'): string =>
  text
    .replace(escaped[quote], (_, slashes: string) => '\\'.repeat((slashes.length - 1) / 2) + quote)
    .replace(/(?<!\\)\\+$/, slashes => '\\'.repeat(Math.ceil(slashes.length / 2)))

/** Whether hydra's grammar cannot take this text without quotes of its own. */
export const needsHydraQuotes = (text: string): boolean =>
  !/^(['"])[^]*\1$/.test(text) && !/^[[{]/.test(text) && /[^\x20-\x7e]|[<>,{}()#~=]/.test(text)
