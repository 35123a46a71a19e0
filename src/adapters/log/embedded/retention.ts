import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { type Offset, offset, type TopicSpec } from '../../../runtime/log.js'
import { offsetKey, type LogInternals } from './catalogue.js'
import { footprint, type Place, readRecord, timestampOf } from './record.js'
import type { Pair } from './store.js'

const dayMs = 86_400_000
/** Records per turn, so that a long retention blocks neither the write lock nor the event loop for long. */
const chunk = 1000

/**
 * Deletes records by the retention of each topic, never beyond the slowest group that ever claimed the partition;
 * without such a group, age alone decides.
 */
export async function retain(parts: LogInternals, now: number): Promise<void> {
  parts.store.forgetDeadReaders()
  for (const spec of parts.catalogue.specs()) {
    for (let partition = 0; partition < spec.partitions; partition++) await retainPartition(parts, spec, partition, now)
  }
}

async function retainPartition(parts: LogInternals, spec: TopicSpec, partition: number, now: number): Promise<void> {
  const { retention } = spec
  if (retention.keep === 'days') {
    const oldest = now - retention.days * dayMs
    while (await dropOld(parts, spec.name, partition, oldest)) await nextTurn()
  } else if (retention.keep === 'latest') await compact(parts, spec.name, partition)
}

/** Deletes a chunk of records older than `oldest` from the start; returns true if there may be more. */
function dropOld(parts: LogInternals, topic: string, partition: number, oldest: number): Promise<boolean> {
  return parts.writer.write(0, begin => {
    const extent = parts.state.extent(topic, partition)
    const limit = reached(parts, topic, partition)
    const old: Pair[] = []
    for (const pair of parts.catalogue.table(topic, partition).range(offsetKey(extent.start), offsetKey(limit))) {
      if (old.length === chunk || timestampOf(pair.value) >= oldest) break
      old.push(pair)
    }
    const last = old.at(-1)
    if (!last) return false
    begin()
    remove(parts, topic, partition, old)
    parts.state.putExtent(topic, partition, { ...extent, start: offset(last.key.readBigUInt64BE(0) + 1n) })
    return old.length === chunk
  })
}

/** The offset that every group has reached. */
function reached(parts: LogInternals, topic: string, partition: number): Offset {
  return parts.state.slowest(topic, partition) ?? parts.state.extent(topic, partition).end
}

/**
 * Keeps the last record of each key below the slowest group; records without a key stay. The start does not move:
 * records in a gap are not lost but superseded.
 */
async function compact(parts: LogInternals, topic: string, partition: number): Promise<void> {
  const limit = reached(parts, topic, partition)
  if (limit <= parts.state.compacted(topic, partition)) return
  const last = new Map<string, bigint>()
  for await (const { key, at } of keysBelow(parts, topic, partition, limit)) last.set(key, at)
  let superseded: Buffer[] = []
  const flush = async (): Promise<void> => {
    const keys = superseded
    superseded = []
    await parts.writer.write(0, begin => {
      const table = parts.catalogue.table(topic, partition)
      // Another process may have compacted meanwhile.
      const pairs = keys.flatMap(key => {
        const value = table.get(key)
        return value ? [{ key, value }] : []
      })
      begin()
      remove(parts, topic, partition, pairs)
    })
  }
  for await (const { key, at } of keysBelow(parts, topic, partition, limit)) {
    if (last.get(key) !== at) superseded.push(offsetKey(at))
    if (superseded.length === chunk) await flush()
  }
  await flush()
  await parts.writer.write(0, begin => {
    begin()
    parts.state.putCompacted(topic, partition, limit)
  })
}

/** Keys and offsets of the records below `limit`, a chunk a turn. */
async function* keysBelow(parts: LogInternals, topic: string, partition: number, limit: Offset) {
  const place = parts.catalogue.placeOf(topic, partition)
  for (let from: bigint = parts.state.extent(topic, partition).start; ;) {
    parts.refresh()
    const pairs: Pair[] = []
    for (const pair of parts.catalogue.table(topic, partition).range(offsetKey(from), offsetKey(limit))) {
      pairs.push(pair)
      if (pairs.length === chunk) break
    }
    for (const pair of pairs) {
      const key = keyOf(pair, place)
      from = pair.key.readBigUInt64BE(0) + 1n
      if (key) yield { key: key.toString('latin1'), at: from - 1n }
    }
    if (pairs.length < chunk) return
    await nextTurn()
  }
}

/** Null without a key, and for a damaged record, which supersedes nothing: its reader gets the error. */
function keyOf({ key, value }: Pair, place: Place): Buffer | null {
  try {
    return readRecord(value, key, place).key
  } catch (error) {
    if (error instanceof SteerflowError && error.code === 'STEERFLOW_LOG_DAMAGED') return null
    throw error
  }
}

function remove(parts: LogInternals, topic: string, partition: number, pairs: readonly Pair[]): void {
  const table = parts.catalogue.table(topic, partition)
  for (const { key } of pairs) table.remove(key)
  const bytes = pairs.reduce((sum, { value }) => sum + footprint(value.byteLength), 0)
  parts.state.used -= BigInt(bytes)
}
