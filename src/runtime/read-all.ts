import { type Log, type LogRecord, offset, type PartitionState } from './log.js'

const limits = { records: 500, bytes: 8 << 20 }

/** Reads a topic from its beginning to the end that it had when the reading began, partition by partition. */
export async function* readAll(log: Log, topic: string): AsyncGenerator<LogRecord> {
  for (const state of await log.state(topic)) yield* readPartition(log, state)
}

/** Reads a partition from its start to its end, as its state says. */
export async function* readPartition(
  log: Log,
  { topic, partition, start, end }: PartitionState,
): AsyncGenerator<LogRecord> {
  for (let from = start; from < end;) {
    const { records, next } = await log.read(topic, partition, from, limits)
    for (const record of records) if (record.offset < end) yield record
    if (next <= from) break
    from = offset(next)
  }
}
