import { SteerflowError } from '../domain/errors.js'
import { type Log, type LogRecord, type Output } from './log.js'
import { replayFor } from './partition.js'
import { readAll } from './read-all.js'

/** A dead letter as a person reads it. */
export interface Letter {
  /** `partition:offset` in the dead-letter topic. */
  readonly id: string
  readonly code: string
  readonly node: string
  readonly cause: string
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string }
  /** Milliseconds since 1970, when it was written. */
  readonly at: number
  /** Size of the original value; the value itself is empty when it was larger than the log takes. */
  readonly bytes: number
  readonly replayed: boolean
  readonly record: LogRecord
}

export interface LetterTopics {
  readonly deadLetters: string
  readonly replayed: string
}

/** All dead letters, oldest first. */
export async function* letters(log: Log, topics: LetterTopics): AsyncGenerator<Letter> {
  const marks = await replayedLetters(log, topics)
  for await (const record of readAll(log, topics.deadLetters)) {
    const { headers } = record
    const id = `${record.partition}:${record.offset}`
    yield {
      id,
      code: headers.code ?? 'STEERFLOW_BUG',
      node: headers.node ?? '',
      cause: headers.cause ?? '',
      origin: {
        topic: headers['origin-topic'] ?? '',
        partition: Number(headers['origin-partition'] ?? 0),
        offset: headers['origin-offset'] ?? '',
      },
      at: record.timestamp,
      bytes: Number(headers['value-bytes'] ?? record.value.byteLength),
      replayed: marks.has(id),
      record,
    }
  }
}

async function replayedLetters(log: Log, topics: LetterTopics): Promise<ReadonlySet<string>> {
  const marks = new Set<string>()
  for await (const record of readAll(log, topics.replayed)) marks.add(record.key?.toString('utf8') ?? '')
  return marks
}

export interface Replayed {
  /** Ids of the letters that were published again. */
  readonly replayed: readonly string[]
  /** Why others were not, by id. */
  readonly refused: ReadonlyMap<string, string>
}

/** What else a replay publishes, in the same transaction; or, as a text, why there must be none. */
export type Consequence = (letter: Letter) => readonly Output[] | string

/**
 * Publishes dead letters again where they came from, for the node that refused them only. A record and its mark are
 * published in one transaction under a claim, so that a second replay, even a concurrent one,
 * does nothing.
 * @throws STEERFLOW_FENCED when another replay runs at the same time.
 */
export async function replay(
  log: Log,
  topics: LetterTopics,
  wanted: (letter: Letter) => boolean,
  dryRun: boolean,
  consequence: Consequence = () => [],
): Promise<Replayed> {
  const known = new Set((await log.topics()).map(topic => topic.name))
  // A name of its own: a claim of the dead letters themselves would keep their retention from passing it.
  const claim = dryRun ? null : await log.claim('dead-letters.replay', 'dead-letters.replay', 0)
  const result = { replayed: [] as string[], refused: new Map<string, string>() }
  try {
    for await (const letter of letters(log, topics)) {
      if (!wanted(letter)) continue
      const also = refusal(letter, known) ?? consequence(letter)
      if (typeof also === 'string') {
        result.refused.set(letter.id, also)
        continue
      }
      await claim?.commit(claim.committed, claim.committed, [...again(letter, topics), ...also])
      result.replayed.push(letter.id)
    }
  } finally {
    await claim?.release()
  }
  return result
}

function refusal(letter: Letter, known: ReadonlySet<string>): string | null {
  if (letter.replayed) return 'already replayed'
  if (letter.bytes !== letter.record.value.byteLength) return 'its value was too large to be kept'
  if (letter.origin.topic.startsWith('source:'))
    return 'it never reached a topic: correct the source and ingest it again'
  return known.has(letter.origin.topic) ? null : `there is no topic ${letter.origin.topic} any more`
}

function again({ id, node, origin, record }: Letter, topics: LetterTopics): readonly Output[] {
  const mark = JSON.stringify({ letter: id })
  return [
    {
      topic: origin.topic,
      partition: origin.partition,
      key: record.key,
      value: record.value,
      framed: true,
      headers: { [replayFor]: node, 'replay-of': id },
    },
    { topic: topics.replayed, key: Buffer.from(id), value: Buffer.from(mark) },
  ]
}

/** @throws STEERFLOW_USAGE when there is no dead letter of that id. */
export async function findLetter(log: Log, topics: LetterTopics, id: string): Promise<Letter> {
  for await (const letter of letters(log, topics)) if (letter.id === id) return letter
  throw new SteerflowError('STEERFLOW_USAGE', `there is no dead letter ${id}`)
}
