import { type Log, type LogRecord, offset, type PartitionState } from '../../runtime/log.js'
import { fail, type Finding, ok, warn } from './check.js'
import { span } from './units.js'

const ahead = { warn: 5000, fail: 300_000 }
const limits = { records: 100, bytes: 1 << 20 }

/** Whether any newest record is from the future, as this machine's clock has it (milliseconds since 1970). */
export function clockOf(newest: readonly number[], now: number): Finding {
  if (newest.length === 0) return ok('there are no records to compare with')
  const latest = Math.max(...newest)
  const by = latest - now
  if (by <= ahead.warn) return ok(`the newest record is ${by > 0 ? `${span(by)} ahead` : `${span(-by)} old`}`)
  const detail = `the newest record is from the future, by ${span(by)}`
  const todo = 'Let all machines keep their time by NTP: ages, retention and resets by time go by it.'
  return by > ahead.fail ? fail(detail, todo) : warn(detail, todo)
}

/** When the newest records of each partition of these topics were published. */
export async function newestTimes(log: Log, topics: readonly string[]): Promise<readonly number[]> {
  const times = topics.map(async topic => {
    const states = await log.state(topic)
    const records = await Promise.all(states.map(state => newest(log, state)))
    return records.flatMap(record => (record ? [record.timestamp] : []))
  })
  return (await Promise.all(times)).flat()
}

/** The last record of a partition. What stands behind it may be no records: looked for further and further back. */
async function newest(log: Log, { topic, partition, start, end }: PartitionState): Promise<LogRecord | null> {
  for (let back = 10n; ; back *= 10n) {
    const from = end - back < start ? start : offset(end - back)
    let last: LogRecord | null = null
    for (let at = from; at < end;) {
      const { records, next } = await log.read(topic, partition, at, limits)
      last = records.at(-1) ?? last
      if (next <= at) break
      at = next
    }
    if (last || from === start) return last
  }
}
