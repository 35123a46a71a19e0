import type { Raw } from '../conversation.js'
import { SteerflowError } from '../errors.js'
import { alpaca } from './alpaca.js'
import type { SourceFormat } from './format.js'
import { gemini } from './gemini.js'
import { helpSteer } from './helpsteer.js'
import { langfuse } from './langfuse.js'
import { langSmith } from './langsmith.js'
import { liteLlm } from './litellm.js'
import { mapped } from './map.js'
import type { Fields } from './meaning.js'
import { oasstTree } from './oasst-tree.js'
import { openAiMessages } from './openai-messages.js'
import { otlp } from './otlp.js'
import { promptCompletion } from './prompt-completion.js'
import { withoutJsonTexts } from './read-source.js'
import { refusedShape } from './refused.js'
import { requestResponse } from './request-response.js'
import { shareGpt } from './sharegpt.js'
import { steerLm } from './steerlm.js'

/** The built-in formats, in the order in which they are tried: more specific ones first. */
export const sourceFormats: readonly SourceFormat[] = [
  oasstTree,
  helpSteer,
  steerLm,
  liteLlm,
  requestResponse,
  langSmith,
  shareGpt,
  openAiMessages,
  gemini,
  alpaca,
  otlp,
  langfuse,
  promptCompletion,
]

/** Whether records of a format are whole trees, which no other record continues. */
export const isWhole = (format: string): boolean =>
  sourceFormats.some(({ name, whole }) => whole === true && name === format)

/** The format that concerns a whole file: one message per line, assembled into trees before anything else. */
export const flatFormat = 'oasst-flat'

/** Every name that `--format` accepts if these formats are known. */
export const formatNames = (formats: readonly SourceFormat[]): readonly string[] => [
  ...formats.map(({ name }) => name),
  flatFormat,
]

/** The first format that a record looks like. @throws STEERFLOW_INPUT_FORMAT when it looks like none. */
export function detectFormat(
  record: Readonly<Record<string, unknown>>,
  formats: readonly SourceFormat[] = sourceFormats,
): SourceFormat {
  const found = formats.find(format => looksLike(format, record))
  if (found) return found
  const keys = Object.keys(record).slice(0, 8).join(', ')
  const reason = refusedShape(record)
  const why =
    reason === null ? 'is in no known format; ingest.map can say what its keys are' : `cannot be read: ${reason}`
  const message = `a record with the keys {${keys}} ${why}`
  throw new SteerflowError('STEERFLOW_INPUT_FORMAT', message)
}

/** Asks a format, which may be a user's own. @throws STEERFLOW_INPUT_FORMAT when it fails on the record */
function looksLike(format: SourceFormat, record: Readonly<Record<string, unknown>>): boolean {
  try {
    return format.detect(withoutJsonTexts(record, format))
  } catch (cause) {
    const message = `the format ${format.name} cannot tell whether a record is its own`
    throw new SteerflowError('STEERFLOW_INPUT_FORMAT', message, { cause })
  }
}

/** The format with that name. @throws STEERFLOW_INPUT_FORMAT when there is none. */
export function sourceFormat(name: string, formats: readonly SourceFormat[] = sourceFormats): SourceFormat {
  const found = formats.find(format => format.name === name)
  if (found) return found
  const names = formats.map(format => format.name).join(', ')
  throw new SteerflowError('STEERFLOW_INPUT_FORMAT', `no format is called ${name}; known: ${names}`)
}

/**
 * The format of a raw record, and the record under our names for its keys and speakers.
 * @throws STEERFLOW_INPUT_FORMAT when it names or looks like no format
 */
export function recognised(
  { record: given, map, format }: Pick<Raw, 'record' | 'map' | 'format'>,
  formats: readonly SourceFormat[],
): { readonly format: SourceFormat; readonly record: Fields } {
  const record = mapped(given, map)
  return { format: format === undefined ? detectFormat(record, formats) : sourceFormat(format, formats), record }
}
