import { type Batch, type LogRecord, type Offset, offset, type ReadLimits, type Output } from '../../../runtime/log.js'
import { type Catalogue, offsetKey, type PlacedRow } from './catalogue.js'
import { readRecord } from './record.js'
import type { State } from './state.js'
import type { DiskBudget } from './disk-budget.js'
import type { Changes, Writer } from './writer.js'
import type { Store } from './store.js'

/**
 * The records of a partition from an offset on, at least one where there is one, all from one snapshot. Compaction leaves
 * gaps; `next` lies behind them. Each record is compared with its checksum.
 * @throws STEERFLOW_LOG_DAMAGED when the first of them is not what was written
 */
export function readBatch(
  { catalogue, state }: { readonly catalogue: Catalogue; readonly state: State },
  topic: string,
  partition: number,
  from: Offset,
  limits: ReadLimits,
): Batch {
  const table = catalogue.table(topic, partition)
  const place = catalogue.placeOf(topic, partition)
  const { end } = state.extent(topic, partition)
  const records: LogRecord[] = []
  let bytes = 0
  if (from < end) {
    for (const { key, value } of table.range(offsetKey(from), offsetKey(end))) {
      bytes += value.byteLength
      if (records.length > 0 && (records.length >= limits.records || bytes > limits.bytes)) {
        return { records, next: offset(records.at(-1)!.offset + 1n) }
      }
      try {
        records.push({ topic, partition, offset: offset(key.readBigUInt64BE(0)), ...readRecord(value, key, place) })
      } catch (error) {
        // Those before it are whole: they are given first.
        const last = records.at(-1)
        if (!last) throw error
        return { records, next: offset(last.offset + 1n) }
      }
    }
  }
  return { records, next: from < end ? end : from }
}

/** What the log is made of, as its claims and memberships share it. */
export class LogInternals {
  constructor(
    readonly store: Store,
    readonly state: State,
    readonly catalogue: Catalogue,
    readonly changes: Changes,
    readonly writer: Writer,
    readonly room: DiskBudget,
  ) {}

  /** Reads after this, up to the next await, see one snapshot: the newest of any process. */
  refresh(): void {
    this.store.refresh()
    this.catalogue.refresh()
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN, STEERFLOW_RECORD_TOO_LARGE */
  place(outputs: readonly Output[]): readonly PlacedRow[] {
    if (outputs.some(({ topic }) => !this.catalogue.has(topic))) this.refresh()
    return outputs.map(output => this.catalogue.place(output))
  }
}
