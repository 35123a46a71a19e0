import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseDash } from '../adapters/files/target.js'
import type { TokenPrice } from '../domain/cost.js'
import { longestWait } from '../domain/duration.js'
import { SteerflowError } from '../domain/errors.js'
import { formatNames, sourceFormats } from '../domain/formats/index.js'
import { mapEntry, type SourceMap } from '../domain/formats/map.js'
import { speakerOf } from '../domain/formats/speakers.js'
import type { Flow } from '../flow.js'
import { extraIdTokens, type PromptTokens } from '../domain/prompt-tokens.js'

/** Parsers of option values, for commander, which reports their exceptions as usage errors. */

/** Most threads of a command: more are a slip, and take the memory of the machine. */
const mostThreads = 256

/** A whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most < Number.MAX_SAFE_INTEGER ? ` from ${least} to ${most}` : `, ${least} or more`
    throw new InvalidArgumentError(`It must be a whole number${range}.`)
  }

export const threadCount = wholeNumber(1, mostThreads)

export const portNumber = wholeNumber(1, 65_535)

/** Reads seconds and returns milliseconds; `forever` is null. */
export function secondsOrForever(text: string): number | null {
  if (text === 'forever') return null
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0 && seconds <= longestWait) return seconds * 1000
  throw new InvalidArgumentError(`It must be a number of seconds up to ${longestWait}, or forever.`)
}

/** The `--retry-for` option: limit on the wait during an outage of inference servers, in milliseconds; null: no limit. */
export const retryForOption = (description: string, seconds = 600): Option =>
  new Option('--retry-for <seconds>', description).argParser(secondsOrForever).default(seconds * 1000, String(seconds))

/** Name of an output file or folder. `-` is rejected, since printed lines would mix with the results. */
export function outputName(text: string): string {
  try {
    refuseDash(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return text
}

/** A boolean as in the original scripts: True, False, 1, 0. */
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

/** Prices per million prompt tokens and per million generated tokens: `0.5,1.5`. */
export function tokenPrice(text: string): TokenPrice {
  const prices = text.split(',').map(one => (one.trim() === '' ? NaN : Number(one)))
  const [perMillionPromptTokens, perMillionCompletionTokens] = prices
  if (prices.length === 2 && prices.every(one => one >= 0)) {
    return { perMillionPromptTokens: perMillionPromptTokens!, perMillionCompletionTokens: perMillionCompletionTokens! }
  }
  throw new InvalidArgumentError('It must be two prices separated by a comma, such as 0.5,1.5.')
}

/** One of the given words. */
export const oneOf =
  <W extends string>(...words: readonly W[]) =>
  (text: string): W => {
    const word = words.find(one => one === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
  }

/** The option for the format of sources. `knowingFormat` checks its value once the flow is known. */
export const formatOption = (): Option =>
  new Option(
    '--format <name>',
    `format of the records: ${formatNames(sourceFormats).join(', ')}, or one of your flow (default: detected)`,
  )

/** The option for the names that sources use. */
export const mapOption = (): Option =>
  new Option(
    '--map <pair>',
    'names in the source: KEY=NAME for keys, KEY=- to leave one out, role.SPEAKER=user|assistant|system; repeatable; in place of ingest.map',
  ).argParser((text: string, before?: SourceMap) => {
    const read = mapEntry(text, before)
    if (read === null) throw new InvalidArgumentError('It must be KEY=NAME or role.SPEAKER=NAME.')
    const unknown = Object.values(read.roles).find(name => speakerOf(name) === undefined)
    if (unknown === undefined) return read
    throw new InvalidArgumentError(`${unknown} is no role: it must be user, assistant, system or tool.`)
  })

/**
 * Returns the configuration.
 * @throws STEERFLOW_USAGE if its flow has no source format with the name in `--format`
 */
export function knowingFormat<C extends { readonly flow: Flow }>(
  config: C,
  { format }: { readonly format?: string | undefined },
): C {
  const names = formatNames(config.flow.formats)
  if (format !== undefined && !names.includes(format)) throw unknownName('--format', format, names)
  return config
}

/** Usage error: the option's value is not among the names that the flow provides. */
export const unknownName = (option: string, value: string, names: readonly string[]): SteerflowError =>
  new SteerflowError('STEERFLOW_USAGE', `${option} ${value}: expected one of ${names.join(', ')}`)

/** Reads `\x11`, `\u0011` and `\\` as Python does: a command line cannot contain NUL. */
export const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|\\)/gi, (_, x?: string, u?: string) => {
    const code = x ?? u
    return code === undefined ? '\\' : String.fromCharCode(parseInt(code, 16))
  })

/** The options that `withPromptTokens` adds. */
export interface PromptTokenFlags {
  readonly systemTurnStart: string
  readonly turnStart: string
  readonly labelStart: string
}

/** Adds options for the control strings of the prompt template, with the trainers' names for them. */
export const withPromptTokens = (command: Command): Command =>
  command
    .option('--system-turn-start <token>', 'token that starts the system prompt', unescaped, extraIdTokens.system)
    .option('--turn-start <token>', 'token that starts a turn', unescaped, extraIdTokens.turn)
    .option('--label-start <token>', 'token that starts a label line', unescaped, extraIdTokens.label)

export const promptTokensOf = ({ systemTurnStart, turnStart, labelStart }: PromptTokenFlags): PromptTokens => ({
  system: systemTurnStart,
  turn: turnStart,
  label: labelStart,
})
