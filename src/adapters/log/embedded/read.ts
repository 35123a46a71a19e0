import { type Batch, type LogRecord, type Offset, offset, type ReadLimits } from '../../../runtime/log.js'
import { type Catalogue, offsetKey } from './catalogue.js'
import { decodeRecord } from './record.js'
import { type State } from './state.js'

/**
 * The records of a partition from an offset on, at least one where there is one, all from one snapshot. Compaction leaves
 * gaps; `next` lies behind them.
 */
export function readBatch(
  { catalogue, state }: { readonly catalogue: Catalogue; readonly state: State },
  topic: string,
  partition: number,
  from: Offset,
  limits: ReadLimits,
): Batch {
  const table = catalogue.table(topic, partition)
  const { end } = state.extent(topic, partition)
  const records: LogRecord[] = []
  let bytes = 0
  if (from < end) {
    for (const { key, value } of table.range(offsetKey(from), offsetKey(end))) {
      bytes += value.byteLength
      if (records.length > 0 && (records.length >= limits.records || bytes > limits.bytes)) {
        return { records, next: offset(records.at(-1)!.offset + 1n) }
      }
      records.push({ topic, partition, offset: offset(key.readBigUInt64BE(0)), ...decodeRecord(value) })
    }
  }
  return { records, next: from < end ? end : from }
}
