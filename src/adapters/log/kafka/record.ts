import { type Batch, type LogRecord, type Offset, offset } from '../../../runtime/log.js'
import type { RawMessage, RawPartition } from './cluster.js'

/** The key of the control record that ends an aborted transaction (Kafka's control batches, type 0). */
const abortKey = Buffer.from([0, 0, 0, 0])

/**
 * The visible part of a fetched piece of a partition: records of committed transactions from `from` on. `next` is after
 * everything fetched, including control records, aborted records and gaps of compaction, so that a reader's position
 * passes these invisible offsets (docs/reference/kafka.md#positions).
 */
export function visible(
  topic: string,
  from: Offset,
  { partition, abortedTransactions, messages }: RawPartition,
): Batch {
  // Brokers list them in the order of their ends.
  const aborted = (abortedTransactions ?? []).toSorted((a, b) =>
    BigInt(a.firstOffset) < BigInt(b.firstOffset) ? -1 : 1,
  )
  const aborting = new Set<string>()
  const records: LogRecord[] = []
  let next = from
  for (const message of messages) {
    const at = offset(message.offset)
    while (aborted.length > 0 && at >= BigInt(aborted[0]!.firstOffset)) aborting.add(aborted.shift()!.producerId)
    const { producerId, inTransaction } = message.batchContext
    if (message.isControlRecord) {
      if (message.key && abortKey.equals(message.key)) aborting.delete(producerId)
    } else if (at >= from && !(inTransaction && aborting.has(producerId))) {
      records.push(recordOf(topic, partition, at, message))
    }
  }
  const last = messages.at(-1)?.batchContext
  if (last) {
    const end = BigInt(last.firstOffset) + BigInt(last.lastOffsetDelta) + 1n
    if (end > next) next = offset(end)
  }
  return { records, next }
}

function recordOf(topic: string, partition: number, at: Offset, message: RawMessage): LogRecord {
  return {
    topic,
    partition,
    offset: at,
    key: message.key,
    value: message.value ?? empty,
    headers: headersOf(message.headers),
    timestamp: Number(message.timestamp),
  }
}

const empty = Buffer.alloc(0)

function headersOf(raw: RawMessage['headers']): LogRecord['headers'] {
  const headers: Record<string, string> = {}
  for (const name in raw) {
    const value = raw[name]
    const last = Array.isArray(value) ? value.at(-1) : value
    headers[name] = typeof last === 'string' ? last : (last?.toString('utf8') ?? '')
  }
  return headers
}

/** The first records of a batch within limits, at least one; `next` is after the last of them. */
export function within(batch: Batch, limits: { readonly records: number; readonly bytes: number }): Batch {
  let bytes = 0
  for (const [at, record] of batch.records.entries()) {
    bytes += record.value.byteLength
    if (at > 0 && (at >= limits.records || bytes > limits.bytes))
      return { records: batch.records.slice(0, at), next: record.offset }
  }
  return batch
}
