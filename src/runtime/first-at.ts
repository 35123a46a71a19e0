import { type Log, type Offset, offset, type PartitionState } from './log.js'

const limits = { records: 1, bytes: 1 << 16 }

/**
 * The offset of the first record of a partition that was published at `time` (milliseconds since 1970) or later; the
 * end where there is none. Found by halves, so that it holds where timestamps rise; where clocks of producers differ it
 * is exact only to within that difference.
 */
export async function firstAt(log: Log, { topic, partition, start, end }: PartitionState, time: number) {
  let low: bigint = start
  let high: bigint = end
  while (low < high) {
    const middle = low + (high - low) / 2n
    const found = await nextRecord(log, topic, partition, offset(middle), high)
    if (found === null || found.timestamp >= time) high = middle
    else low = found.offset + 1n
  }
  return offset(low)
}

/** The first record from an offset on, below `end`. */
async function nextRecord(log: Log, topic: string, partition: number, from: Offset, end: bigint) {
  for (let at = from; at < end;) {
    const { records, next } = await log.read(topic, partition, at, limits)
    const first = records[0]
    if (first) return first.offset < end ? first : null
    if (next <= at) return null
    at = next
  }
  return null
}
