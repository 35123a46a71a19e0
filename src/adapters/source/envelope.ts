import type { Raw, Split } from '../../domain/conversation.js'
import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import type { SourceFormat } from '../../domain/formats/format.js'
import { detectFormat } from '../../domain/formats/index.js'
import { isEmptyMap, mapped, type SourceMap } from '../../domain/formats/map.js'
import { deepest, isDeeper, tooDeep } from '../../domain/json/json.js'
import type { Message } from '../../domain/oasst/turn.js'
import type { SourceItem } from '../../runtime/ingest.js'
import { rawKey } from '../../topics.js'
import { type Line, placeOf } from '../files/splitter.js'
import { decodeUtf8 } from '../files/utf8.js'

/** The common fields of a source's envelopes. */
export interface EnvelopeSettings {
  /** sha256 of the source. */
  readonly source: string
  /** The name of a format, or `oasst-flat`, if given; otherwise the format of each record is detected. */
  readonly format?: string | undefined
  /** Known formats; default: the built-in ones. */
  readonly formats?: readonly SourceFormat[] | undefined
  /** The split of the whole source, if given. */
  readonly split?: Split | undefined
  /** The purpose that the records are ingested for, if restricted. */
  readonly only?: Raw['only']
  /** What the source calls keys and speakers, if they have names of its own. */
  readonly map?: SourceMap | undefined
}

/**
 * A line with one JSON object, as text and value.
 * @throws STEERFLOW_INPUT_JSON, STEERFLOW_INPUT_LINE_TOO_LONG, STEERFLOW_INPUT_FORMAT
 */
export function readObject(line: Line): { readonly text: string; readonly record: Message } {
  if (line.kind === 'too-long')
    throw new SteerflowError('STEERFLOW_INPUT_LINE_TOO_LONG', `${line.length} bytes, sha256 ${line.sha256}`)
  const decoded = decodeUtf8(line.bytes)
  // Many editors write a byte order mark at the start of a file.
  const text = line.number === 1 && decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded
  if (text.trim() === '') throw new SteerflowError('STEERFLOW_INPUT_JSON', 'blank line')
  const record = parsed(text)
  if (typeof record === 'object' && record !== null && !Array.isArray(record))
    return { text, record: record as Message }
  throw new SteerflowError('STEERFLOW_INPUT_FORMAT', 'a JSON object is required')
}

function parsed(text: string): unknown {
  if (isDeeper(text, deepest.source)) throw tooDeep(deepest.source)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_JSON', 'not JSON', { cause })
  }
}

/** A record of `conversations.raw`. It contains the record's own text unchanged. */
export function recordItem(
  position: number,
  line: number,
  { text, record }: { readonly text: string; readonly record: Message },
  settings: EnvelopeSettings,
): SourceItem {
  const map = settings.map && !isEmptyMap(settings.map) ? settings.map : undefined
  const format = settings.format ?? detectFormat(mapped(record, map), settings.formats).name
  const { only, split, source } = settings
  const head = JSON.stringify({ format, only, split, map, source, line })
  return {
    kind: 'record',
    position,
    key: rawKey(record),
    value: Buffer.from(`${head.slice(0, -1)},"record":${text}}`, 'utf8'),
  }
}

/** The item of a line in a source with one record per line; its position is the line's, from 0. */
export function lineItem(line: Line, settings: EnvelopeSettings): SourceItem {
  try {
    return recordItem(line.number - 1, line.number, readObject(line), settings)
  } catch (thrown) {
    return rejectItem(line.number - 1, [line], thrown)
  }
}

/** A rejected item with its cause; of a line above the length limit only the head is kept. */
export function rejectItem(position: number, lines: readonly Line[], thrown: unknown): SourceItem {
  const error = asSteerflowError(thrown)
  const bytes = lines.flatMap(line => [line.kind === 'line' ? line.bytes : line.head, lineEnd]).slice(0, -1)
  const first = lines[0]
  const place = first?.unit ? `${placeOf(first)}: ` : ''
  return { kind: 'reject', position, code: error.code, reason: `${place}${error.message}`, bytes: Buffer.concat(bytes) }
}

const lineEnd = Buffer.from('\n')
