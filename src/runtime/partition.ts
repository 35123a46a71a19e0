import type { Encoded, OnDeadLetter } from '../stages/node.js'
import type { At, CloseReason, Idle } from '../stages/stage.js'
import type { SteerflowError } from '../domain/errors.js'
import type { Brake } from './brake.js'
import type { Counters, PartitionStatus } from './counters.js'
import { deadLetter, type Origin } from './dead-letter.js'
import type { Report } from './events.js'
import type { Claim, Log, LogRecord, Offset, Output } from './log.js'
import type { Semaphore } from './concurrency.js'
import { persist, type PartitionTrouble, whileAway, whateverPasses } from './retry.js'

/** What every partition of a node shares. */
export interface NodeContext {
  readonly node: string
  /** Who else is to know of dead letters. */
  readonly onDeadLetter: OnDeadLetter | null
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
  /** Keeps the node from making dead letters of most of its records. */
  readonly brake: Brake
  /** Nothing is tried again but what waits for something that is away. */
  readonly failFast: boolean
}

/** What a partition of a node is given. */
export interface PartitionContext extends NodeContext {
  readonly trouble: PartitionTrouble
}

/** One partition of one node at work. */
export interface PartitionWork {
  readonly partition: number
  /** How far it has come with what can fail. */
  readonly reached: Offset
  /** Whether all that there is has been read and finished. */
  readonly settled: boolean
  status(): PartitionStatus
  /** Asks a closing fold for its open group to be closed. */
  cut?(reason: CloseReason): void
  /** Tells a lasting fold that sources are idle; whether it is at rest. */
  idle?(idle: Idle): Promise<boolean>
  /** Works until drained or dropped. Rejects with what it cannot go on after, all calls of its claim having ended. */
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
  const told = context.onDeadLetter?.record(record.value, error.code)
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

/** Waits while something that the partition needs is away, and tells of the wait when it begins and when it is over. */
export const waitingOut = <T>(
  { trouble }: PartitionContext,
  work: () => T | Promise<T>,
  signal: AbortSignal,
): Promise<T> => persist(trouble, work, signal, whileAway)

/**
 * Commits, again and again while the log refuses it for a reason that is not the commit's: what was worked out, and paid
 * for, is kept meanwhile.
 * @throws STEERFLOW_FENCED, STEERFLOW_BUG, and what no repetition changes
 */
export const committing = (
  { trouble, failFast }: PartitionContext,
  claim: Claim,
  move: { readonly from: Offset; readonly to: Offset },
  outputs: readonly Output[],
  signal: AbortSignal,
): Promise<void> =>
  persist(trouble, () => claim.commit(move.from, move.to, outputs), signal, failFast ? whileAway : whateverPasses)
