import { type Encoded, type Lost } from '../stages/bind.js'
import { type At } from '../stages/stage.js'
import { explain, type SteerflowError } from '../domain/errors.js'
import { type Counters, type PartitionStatus } from './counters.js'
import { deadLetter, type Origin } from './dead-letter.js'
import { type Report } from './events.js'
import { type Log, type LogRecord, type Output } from './log.js'
import { untilDone } from './retry.js'
import { type Semaphore } from './semaphore.js'

/** What every partition of a node shares. */
export interface NodeContext {
  readonly node: string
  /** Who else is to know of dead letters. */
  readonly lost: Lost | null
  readonly log: Log
  readonly deadLetters: string
  readonly counters: Counters
  /** Records of the node being worked on at the same time, over all its partitions. */
  readonly permits: Semaphore
  /** Records of one partition between reading and commit. */
  readonly window: number
  /** Called after every commit: something moved. */
  readonly moved: () => void
  readonly report: Report
}

/** One partition of one node at work. */
export interface PartitionWork {
  readonly partition: number
  status(): PartitionStatus
  /** Works until drained or dropped. Rejects with what stops the whole run. */
  run(): Promise<void>
  /** Starts nothing more; resolves when what was started is committed. Open groups are dropped, never cut. */
  drain(): Promise<void>
  /** Forgets everything not committed: the partition is lost, or time is up. */
  drop(): void
}

/** Header by which a replayed record names the only node that may take it. */
export const replayFor = 'replay-for'

/** Whether a record is addressed to another node of the same topic. */
export const forAnother = (record: LogRecord, node: string): boolean =>
  record.headers[replayFor] !== undefined && record.headers[replayFor] !== node

/** A record's place, as a stage sees it. */
export const placeOf = (record: LogRecord, signal: AbortSignal): At => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  timestamp: record.timestamp,
  signal,
})

/** Encoded emissions as outputs that name the node they come from. */
export const outputsOf = (context: NodeContext, emissions: readonly Encoded[]): readonly Output[] =>
  emissions.map(emission => ({ ...emission, headers: { node: context.node } }))

/** The dead letter of a record of this node, and what tells of it to those who count. */
export function lettersOf(context: NodeContext, record: LogRecord, error: SteerflowError): readonly Output[] {
  const origin: Origin = {
    topic: record.topic,
    partition: record.partition,
    offset: String(record.offset),
    timestamp: record.timestamp,
  }
  context.report({
    event: 'dead-letter',
    node: context.node,
    code: error.code,
    partition: record.partition,
    offset: String(record.offset),
  })
  const letter = deadLetter(context.deadLetters, context.node, record, origin, error, context.log.maxValueBytes)
  const told = context.lost?.record(record.value, error.code)
  return [letter, ...(told ? outputsOf(context, [told]) : [])]
}

/** Counts a commit. */
export function count(context: NodeContext, records: number, outputs: readonly Output[]): void {
  context.counters.in += records
  for (const { topic } of outputs) {
    if (topic === context.deadLetters) context.counters.deadLettered++
    else context.counters.out.set(topic, (context.counters.out.get(topic) ?? 0) + 1)
  }
  context.moved()
}

/** Milliseconds that a read waits for a first record; it bounds how late a stop is noticed. */
export const readWait = 200

/**
 * Repeats a work of a node while something that it needs is away for a transient reason, and tells of the wait when it
 * begins and when it is over.
 */
export async function waitingOut<T>(
  { node, report }: NodeContext,
  partition: number,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let since: number | null = null
  const result = await untilDone(work, signal, undefined, error => {
    if (since === null) report({ event: 'waiting', node, partition, code: error.code, cause: explain(error) })
    since ??= Date.now()
  })
  if (since !== null) report({ event: 'resumed', node, partition, seconds: (Date.now() - since) / 1000 })
  return result
}
