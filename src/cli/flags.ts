import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseDash } from '../adapters/files/target.js'
import type { TokenPrice } from '../domain/cost.js'
import { SteerflowError } from '../domain/errors.js'
import { formatNames, sourceFormats } from '../domain/formats/index.js'
import type { Flow } from '../flow.js'
import { extraIdTokens, type PromptTokens } from '../domain/prompt-tokens.js'

/** Parsers of option values, for commander: what they throw is shown as a usage error. */

/** A whole number from `least` up. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`)
  }

/** A number of seconds as milliseconds; `forever` is null. */
export function secondsOrForever(text: string): number | null {
  if (text === 'forever') return null
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0 && Number.isFinite(seconds)) return seconds * 1000
  throw new InvalidArgumentError('It must be a number of seconds, or forever.')
}

/** The option that bounds how long an outage of inference servers is waited for, in milliseconds; null: for ever. */
export const retryForOption = (description: string, seconds = 600): Option =>
  new Option('--retry-for <seconds>', description).argParser(secondsOrForever).default(seconds * 1000, String(seconds))

/** The name of a file or folder that is written. Results and lines that are printed are kept apart: `-` is none. */
export function outputName(text: string): string {
  try {
    refuseDash(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return text
}

/** A boolean as the original scripts' command lines take it: True, False, 1, 0. */
export function pythonBoolean(text: string): boolean {
  if (/^(true|1)$/i.test(text)) return true
  if (/^(false|0)$/i.test(text)) return false
  throw new InvalidArgumentError('It must be True or False.')
}

/** A share, as `1%` or `0.01`. */
export function share(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a share, such as 1% or 0.01.')
}

/** Prices of a million tokens, those of prompts and those that are generated: `0.5,1.5`. */
export function tokenPrice(text: string): TokenPrice {
  const prices = text.split(',').map(one => (one.trim() === '' ? NaN : Number(one)))
  const [perMillionPromptTokens, perMillionCompletionTokens] = prices
  if (prices.length === 2 && prices.every(one => one >= 0)) {
    return { perMillionPromptTokens: perMillionPromptTokens!, perMillionCompletionTokens: perMillionCompletionTokens! }
  }
  throw new InvalidArgumentError('It must be two prices with a comma between them, such as 0.5,1.5.')
}

/** One of some words. */
export const oneOf =
  <W extends string>(...words: readonly W[]) =>
  (text: string): W => {
    const word = words.find(one => one === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
  }

/** The option that names the format of sources. Its value is checked when the flow is known, by `knowingFormat`. */
export const formatOption = (): Option =>
  new Option(
    '--format <name>',
    `format of the records: ${formatNames(sourceFormats).join(', ')}, or one of your flow (default: detected)`,
  )

/** The same configuration. @throws STEERFLOW_USAGE when its flow has no source format of the name that `--format` gives */
export function knowingFormat<C extends { readonly flow: Flow }>(
  config: C,
  { format }: { readonly format?: string | undefined },
): C {
  const names = formatNames(config.flow.formats)
  if (format !== undefined && !names.includes(format)) throw unknownName('--format', format, names)
  return config
}

/** The value of an option is none of the names that the flow gives it. */
export const unknownName = (option: string, value: string, names: readonly string[]): SteerflowError =>
  new SteerflowError('STEERFLOW_USAGE', `${option} ${value}: expected one of ${names.join(', ')}`)

/** `\x11`, `\u0011` and `\\` as in Python: a command line cannot hold a NUL. */
export const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|\\)/gi, (_, x?: string, u?: string) => {
    const code = x ?? u
    return code === undefined ? '\\' : String.fromCharCode(parseInt(code, 16))
  })

/** What `withPromptTokens` adds to a command's options. */
export interface PromptTokenFlags {
  readonly systemTurnStart: string
  readonly turnStart: string
  readonly labelStart: string
}

/** Adds the control strings of the prompt template, under the names that the trainers give them. */
export const withPromptTokens = (command: Command): Command =>
  command
    .option('--system-turn-start <token>', 'begins the system prompt', unescaped, extraIdTokens.system)
    .option('--turn-start <token>', 'begins a turn', unescaped, extraIdTokens.turn)
    .option('--label-start <token>', 'begins an attribute line', unescaped, extraIdTokens.label)

export const promptTokensOf = ({ systemTurnStart, turnStart, labelStart }: PromptTokenFlags): PromptTokens => ({
  system: systemTurnStart,
  turn: turnStart,
  label: labelStart,
})
