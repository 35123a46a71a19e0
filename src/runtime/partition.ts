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

/** The context that all partitions of a node share. */
export interface NodeContext {
  readonly node: string
  /** Where else dead letters are reported. */
  readonly onDeadLetter: OnDeadLetter | null
  readonly log: Log
  readonly deadLetters: string
  readonly counters: Counters
  /** Limits how many records of the node are processed at once, over all its partitions. */
  readonly permits: Semaphore
  /** Maximum number of records of one partition between reading and commit. */
  readonly window: number
  /** Called after every commit. */
  readonly moved: () => void
  readonly report: Report
  /** Keeps the node from making dead letters of most of its records. */
  readonly brake: Brake
  /** Retries only work that waits for something unavailable. */
  readonly failFast: boolean
}

/** The context of one partition. */
export interface PartitionContext extends NodeContext {
  readonly trouble: PartitionTrouble
}

/** One partition of one node at work. */
export interface PartitionWork {
  readonly partition: number
  /** How far it has come, as far as that may still fail. */
  readonly reached: Offset
  /** Whether all available records have been read and finished. */
  readonly settled: boolean
  status(): PartitionStatus
  /** Asks a closing fold to close its open group, and an `each` node to let no record wait for others. */
  cut?(reason: CloseReason): void
  /** Tells a lasting fold that the sources are idle; returns whether it is at rest. */
  idle?(idle: Idle): Promise<boolean>
  /** Works until drained or dropped. Rejects with the error that stops it, after all calls of its claim have ended. */
  run(): Promise<void>
  /** Starts nothing more; resolves when the work under way is committed. Open groups are dropped, never cut. */
  drain(): Promise<void>
  /** Discards everything uncommitted: the partition is lost, or time is up. */
  drop(): void
}

/** Header of a replayed record that names the only node that may process it. */
export const replayFor = 'replay-for'

/** Whether a record is addressed to another node of the same topic. */
export const forAnother = (record: LogRecord, node: string): boolean =>
  record.headers[replayFor] !== undefined && record.headers[replayFor] !== node

/** The position of a record, as a stage gets it. */
export const placeOf = (record: LogRecord, signal: AbortSignal): At => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  timestamp: record.timestamp,
  signal,
})

/** Encoded emissions as outputs, with the name of their node. */
export const outputsOf = <E extends Encoded>(context: NodeContext, emissions: readonly E[]): readonly (E & Output)[] =>
  emissions.map(emission => ({ ...emission, headers: { node: context.node } }))

/** The dead letter of a record of this node, and the report of it to an account, if there is one. */
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

/** How long a read waits for a first record, in milliseconds; it bounds the delay of a stop. */
export const readWait = 200

/** Waits while something that the partition needs is unavailable, and reports the beginning and end of the wait. */
export const waitingOut = <T>(
  { trouble }: PartitionContext,
  work: () => T | Promise<T>,
  signal: AbortSignal,
): Promise<T> => persist(trouble, work, signal, whileAway)

/**
 * Commits, and retries while the log refuses for a reason that is not the commit's own: finished work, which may have cost
 * money, is kept meanwhile.
 * @throws STEERFLOW_FENCED, STEERFLOW_BUG, and errors that no retry can remove
 */
export const committing = (
  { trouble, failFast }: PartitionContext,
  claim: Claim,
  move: { readonly from: Offset; readonly to: Offset },
  outputs: readonly Output[],
  signal: AbortSignal,
): Promise<void> =>
  persist(trouble, () => claim.commit(move.from, move.to, outputs), signal, failFast ? whileAway : whateverPasses)
