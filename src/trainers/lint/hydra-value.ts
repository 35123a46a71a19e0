import type { Value } from './subject.js'

/**
 * The value of a hydra command-line override in the composed configuration. Inside hydra's quotes only quotes, and
 * backslashes before them, can be escaped; unquoted numbers and words such as `true` have types
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

/** Runs of backslashes that end before a quote. */
const escaped = { "'": /(?<!\\)(\\+)'/g, '"': /(?<!\\)(\\+)"/g } as const

/** Halves backslashes before the quote; the last of an odd number escapes it. Other backslashes stay. */
const unquote = (text: string, quote: "'" | '"'): string =>
  text
    .replace(escaped[quote], (_, slashes: string) => '\\'.repeat((slashes.length - 1) / 2) + quote)
    .replace(/(?<!\\)\\+$/, slashes => '\\'.repeat(Math.ceil(slashes.length / 2)))

/** Whether hydra's grammar refuses this text without quotes of its own. */
export const needsHydraQuotes = (text: string): boolean =>
  !/^(['"])[^]*\1$/.test(text) && !/^[[{]/.test(text) && /[^\x20-\x7e]|[<>,{}()#~=]/.test(text)
