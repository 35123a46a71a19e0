import { createHash } from 'node:crypto'
import { explain, SteerflowError } from '../domain/errors.js'
import { replaysHeader } from './letters.js'
import { type RecordHeaders, type LogRecord, type Output, sizeOf } from './log.js'

/** Where a record that could not pass came from: a place in the log, or a line of a source. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestamp: number
}

/** Headers of a dead letter; together at most 8 KiB, so the cause is cut. */
const causeBytes = 4096

/** Cuts text to a number of UTF-8 bytes at a character border. */
const cut = (text: string, bytes: number): string =>
  Buffer.byteLength(text) <= bytes
    ? text
    : `${new TextDecoder().decode(Buffer.from(text).subarray(0, bytes - 4)).replace(/(?<!\uFFFD)\uFFFD+$/, '')}…`

/**
 * The dead letter of a record: its key and value bytes untouched; code, node, cause and origin in the headers. What is
 * larger than the log takes is left out and named by size and digest.
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

/** Bytes that are left out, by their number and digest. */
const named = (what: string, bytes: Buffer): RecordHeaders => ({
  [`${what}-bytes`]: String(bytes.byteLength),
  [`${what}-sha256`]: createHash('sha256').update(bytes).digest('hex'),
})

/**
 * What was thrown while a stage worked on a record, as a SteerflowError: a stage that throws something unforeseen has
 * met a record that it does not foresee, and its neighbours must go on.
 */
export function stageFailure(thrown: unknown): SteerflowError {
  if (thrown instanceof SteerflowError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new SteerflowError('STEERFLOW_STAGE_FAILED', message, { cause: thrown })
}
