import { SteerflowError } from '../domain/errors.js'
import { type Log, type LogRecord, offset } from './log.js'
import { readAll, readWhole } from './read-all.js'

/** A piece of the set covers two to this power offsets. */
const pieceBits = 10n
const wordsOfPiece = Number((1n << pieceBits) / 32n)

/**
 * A set of places, `partition:offset`, with one bit for each offset of a densely filled range, so that millions of letters
 * take kilobytes. A text that is not such a place is in no set.
 */
export class OffsetSet {
  readonly #pieces = new Map<string, Uint32Array>()

  add(place: string): void {
    const at = locate(place)
    if (!at) return
    let piece = this.#pieces.get(at.piece)
    if (!piece) this.#pieces.set(at.piece, (piece = new Uint32Array(wordsOfPiece)))
    piece[at.word]! |= at.bit
  }

  has(place: string): boolean {
    const at = locate(place)
    return at !== null && ((this.#pieces.get(at.piece)?.[at.word] ?? 0) & at.bit) !== 0
  }
}

const placeShape = /^(\d{1,10}):(\d{1,19})$/

function locate(place: string): { piece: string; word: number; bit: number } | null {
  const found = placeShape.exec(place)
  if (!found) return null
  const at = BigInt(found[2]!)
  const within = Number(at & ((1n << pieceBits) - 1n))
  return { piece: `${Number(found[1])}:${at >> pieceBits}`, word: within >> 5, bit: 1 << (within & 31) }
}

/** A dead letter for a person to read. Its headers may be forged: check them before acting on them. */
export interface Letter {
  /** `partition:offset` in the dead-letter topic. */
  readonly id: string
  readonly code: string
  readonly node: string
  readonly cause: string
  /** NaN if the partition is not a number. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string }
  /** Milliseconds since 1970, when it was written. */
  readonly at: number
  /**
   * Size of the original value in bytes; the value itself is empty if it was too large for the log. NaN if the header is
   * not a size.
   */
  readonly bytes: number
  /** How many times it was replayed and came back. */
  readonly replays: number
  readonly replayed: boolean
  readonly record: LogRecord
}

export interface LetterTopics {
  readonly deadLetters: string
  readonly replayed: string
}

/** Header with the number of times a record was replayed; its dead letter carries it on. */
export const replaysHeader = 'replays'

/**
 * All dead letters, oldest first, one at a time: few are in memory, however many there are.
 * @param whole waits up to 90 s for open transactions in the topics: for callers that act on the absence of a letter
 * @throws STEERFLOW_KAFKA_BUSY when `whole` is set and a transaction stays open
 */
export async function* letters(log: Log, topics: LetterTopics, whole = false): AsyncGenerator<Letter> {
  const read = whole ? readWhole : readAll
  const marks = new OffsetSet()
  for await (const record of read(log, topics.replayed)) marks.add(record.key?.toString('utf8') ?? '')
  for await (const record of read(log, topics.deadLetters)) {
    const letter = letterOf(record)
    yield { ...letter, replayed: marks.has(letter.id) }
  }
}

/** @throws STEERFLOW_USAGE when no dead letter has that id. */
export async function findLetter(log: Log, topics: LetterTopics, id: string): Promise<Letter> {
  const record = await recordOf(log, topics, id)
  for await (const { key } of readAll(log, topics.replayed))
    if (key?.toString('utf8') === id) return { ...letterOf(record), replayed: true }
  return { ...letterOf(record), replayed: false }
}

/** @throws STEERFLOW_USAGE when no letter has that id */
export const refuseUnknown = async (log: Log, topics: LetterTopics, id: string): Promise<void> =>
  void (await recordOf(log, topics, id))

async function recordOf(log: Log, { deadLetters }: LetterTopics, id: string): Promise<LogRecord> {
  const [, partition, digits] = /^(\d{1,9}):(\d{1,18})$/.exec(id) ?? []
  const at = digits === undefined ? null : BigInt(digits)
  const state = (await log.state(deadLetters)).find(one => String(one.partition) === partition)
  if (state && at !== null && at >= state.start && at < state.end) {
    const { records } = await log.read(deadLetters, state.partition, offset(at), { records: 1, bytes: 1 << 20 })
    const found = records.find(record => record.offset === at)
    if (found) return found
  }
  throw new SteerflowError('STEERFLOW_USAGE', `there is no dead letter ${id}; list prints their ids`)
}

function letterOf(record: LogRecord): Omit<Letter, 'replayed'> {
  const { headers } = record
  return {
    id: `${record.partition}:${record.offset}`,
    code: headers.code ?? 'STEERFLOW_BUG',
    node: headers.node ?? '',
    cause: headers.cause ?? '',
    origin: {
      topic: headers['origin-topic'] ?? '',
      partition: number(headers['origin-partition'] ?? '0'),
      offset: headers['origin-offset'] ?? '',
    },
    at: record.timestamp,
    bytes: headers['value-bytes'] === undefined ? record.value.byteLength : number(headers['value-bytes']),
    replays: number(headers[replaysHeader] ?? '0') || 0,
    record,
  }
}

/** A whole number with at most nine digits; NaN for anything else. */
const number = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : NaN)
