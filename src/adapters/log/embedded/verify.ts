import { setImmediate as nextTurn } from 'node:timers/promises'
import { asSteerflowError } from '../../../domain/errors.js'
import type { Verification } from '../../../runtime/log.js'
import { offsetKey, type LogInternals } from './catalogue.js'
import { isSummed, readRecord } from './record.js'

/** Records per turn, so that others can work meanwhile. */
const chunk = 1000
/** Messages to keep; the rest is only counted. */
const mostTold = 20

/**
 * Compares every row of the state and every record with its checksum, and finds missing records in topics that
 * supersede none.
 * @param seen called now and then with the number of records read
 */
export async function verify(parts: LogInternals, seen: (records: number) => void): Promise<Verification> {
  const found = { records: 0, unchecked: 0, damaged: 0, missing: 0, told: [] as string[] }
  const tell = (what: string): void => {
    if (found.told.length < mostTold) found.told.push(what)
  }
  parts.refresh()
  for (const error of parts.state.verify().damaged) {
    found.damaged++
    tell(error.message)
  }
  for (const { name: topic, partitions, retention } of parts.catalogue.specs()) {
    for (let partition = 0; partition < partitions; partition++) {
      const place = parts.catalogue.placeOf(topic, partition)
      const { start, end } = parts.state.extent(topic, partition)
      for (let at: bigint = start; at < end; await nextTurn()) {
        parts.refresh()
        let looked = 0
        for (const { key, value } of parts.catalogue.table(topic, partition).range(offsetKey(at), offsetKey(end))) {
          const offset = key.readBigUInt64BE(0)
          // Records that retention deletes meanwhile are not missing.
          if (offset > at && retention.keep === 'forever') {
            found.missing += Number(offset - at)
            tell(`records ${topic}/${partition}@${at} to ${offset - 1n} are missing`)
          }
          at = offset + 1n
          found.records++
          if (!isSummed(value)) found.unchecked++
          try {
            readRecord(value, key, place)
          } catch (error) {
            found.damaged++
            tell(asSteerflowError(error).message)
          }
          if (++looked === chunk) break
        }
        seen(found.records)
        if (looked === chunk) continue
        if (at < end && retention.keep === 'forever') {
          found.missing += Number(end - at)
          tell(`records ${topic}/${partition}@${at} to ${end - 1n} are missing`)
        }
        break
      }
    }
  }
  return found
}
