import { createHash } from 'node:crypto'
import { explain, SteerflowError } from '../domain/errors.js'
import { replaysHeader } from './letters.js'
import { type RecordHeaders, type LogRecord, type Output, sizeOf } from './log.js'

/** The origin of a record that could not pass: a place in the log, or a line of a source. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestamp: number
}

/** Maximum bytes of a cause: the headers of a dead letter take at most 8 KiB together. */
const causeBytes = 4096

/** Cuts a text to a number of UTF-8 bytes, between two characters. */
const cut = (text: string, bytes: number): string =>
  Buffer.byteLength(text) <= bytes
    ? text
    : `${new TextDecoder().decode(Buffer.from(text).subarray(0, bytes - 4)).replace(/(?<!\uFFFD)\uFFFD+$/, '')}…`

/**
 * The dead letter of a record: its key and value bytes untouched; code, node, cause and origin in the headers. A key or
 * value that is too large for the log is left out and described by size and digest.
 */
export function deadLetter(
  topic: string,
  node: string,
  record: Pick<LogRecord, 'key' | 'value' | 'headers' | 'frame'>,
  origin: Origin,
  error: SteerflowError,
  maxValueBytes: number,
): Output {
  const { key } = record
  const value = record.frame ? Buffer.concat([record.frame, record.value]) : record.value
  const fits = sizeOf({ key, value }) <= maxValueBytes
  const keyFits = (key?.byteLength ?? 0) <= maxValueBytes
  const headers: RecordHeaders = {
    code: error.code,
    node,
    cause: cut(explain(error), causeBytes),
    'origin-topic': cut(origin.topic, 512),
    'origin-partition': String(origin.partition),
    'origin-offset': origin.offset,
    'origin-timestamp': String(origin.timestamp),
    ...(record.headers[replaysHeader] === undefined ? {} : { [replaysHeader]: cut(record.headers[replaysHeader], 16) }),
    ...(fits ? {} : named('value', value)),
    ...(key && !keyFits ? named('key', key) : {}),
  }
  return { topic, key: keyFits ? key : null, value: fits ? value : Buffer.alloc(0), headers }
}

/** The size and digest of bytes that are left out. */
const named = (what: string, bytes: Buffer): RecordHeaders => ({
  [`${what}-bytes`]: String(bytes.byteLength),
  [`${what}-sha256`]: createHash('sha256').update(bytes).digest('hex'),
})

/**
 * Turns an error of a stage into a SteerflowError. An unforeseen error means that the stage does not handle this record; its
 * neighbours must go on.
 */
export function stageFailure(thrown: unknown): SteerflowError {
  if (thrown instanceof SteerflowError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new SteerflowError('STEERFLOW_STAGE_FAILED', message, { cause: thrown })
}
