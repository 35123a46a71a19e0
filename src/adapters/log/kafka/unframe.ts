import { asSteerflowError, SteerflowError } from '../../../domain/errors.js'
import type { Batch, LogRecord } from '../../../runtime/log.js'
import { untilDone } from '../../../runtime/retry.js'
import { bare, type Wire } from '../../../runtime/wire.js'

/**
 * Removes the frames of a batch's records. An unreadable frame is the record's fault, and is returned with it; an
 * unresponsive registry is waited for, since the record cannot be judged before.
 */
export async function unframed(wire: Wire, batch: Batch, signal: AbortSignal): Promise<Batch> {
  if (wire === bare) return batch
  const records: LogRecord[] = []
  for (const record of batch.records) records.push(await outOfFrame(wire, record, signal))
  return { records, next: batch.next }
}

async function outOfFrame(wire: Wire, record: LogRecord, signal: AbortSignal): Promise<LogRecord> {
  try {
    const found = wire.unframe(record.topic, record.value)
    return payloadOf(record, found instanceof Promise ? await found : found)
  } catch (thrown) {
    const error = asSteerflowError(thrown)
    if (error.kind === 'permanent') return { ...record, fault: error }
    if (error.kind !== 'transient') throw error
  }
  return untilDone(async () => {
    try {
      return payloadOf(record, await wire.unframe(record.topic, record.value))
    } catch (error) {
      if (error instanceof SteerflowError && error.kind === 'permanent') return { ...record, fault: error }
      throw error
    }
  }, signal)
}

function payloadOf(record: LogRecord, payload: Buffer): LogRecord {
  const framed = record.value.byteLength - payload.byteLength
  return framed === 0 ? record : { ...record, value: payload, frame: record.value.subarray(0, framed) }
}
