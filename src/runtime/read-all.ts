import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../domain/errors.js'
import { type Log, type LogRecord, offset, type PartitionState, readingOn } from './log.js'

/** Called when nothing more can be read before the end; returns whether to try again. */
type Stuck = () => Promise<boolean>
const givesUp: Stuck = async () => false

/** Reads a topic from its beginning to the end that it had when reading began, partition by partition. */
export async function* readAll(log: Log, topic: string): AsyncGenerator<LogRecord> {
  for (const state of await log.state(topic)) yield* readPartition(log, state)
}

/**
 * Like `readAll`, but if a transaction is open before that end, waits until it has ended: a caller that acts on the
 * *absence* of a record must see all of them.
 * @throws STEERFLOW_KAFKA_BUSY when that takes longer than `patienceMs`
 */
export async function* readWhole(log: Log, topic: string, patienceMs = 90_000): AsyncGenerator<LogRecord> {
  const until = performance.now() + patienceMs
  const waits: Stuck = async () => {
    if (performance.now() > until)
      throw new SteerflowError('STEERFLOW_KAFKA_BUSY', `a transaction on ${topic} stays open`)
    await sleep(100)
    return true
  }
  for (const state of await log.state(topic)) yield* readPartition(log, state, waits)
}

/** Reads a partition from the start to the end of its state. */
export async function* readPartition(
  log: Log,
  { topic, partition, start, end }: PartitionState,
  stuck = givesUp,
): AsyncGenerator<LogRecord> {
  for (let from = start; from < end;) {
    const { records, next } = await log.read(topic, partition, from, readingOn)
    for (const record of records) if (record.offset < end) yield record
    if (next <= from && !(await stuck())) break
    from = offset(next)
  }
}
