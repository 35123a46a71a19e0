import { expect, test } from 'vitest'
import { type Log, type LogRecord, offset } from '../../src/runtime/log.js'
import { readAll } from '../../src/runtime/read-all.js'

/** A log of one partition that answers as a broker does: in bytes, of which what the limits leave out was decoded in vain. */
function brokerLog(count: number, bytes: number) {
  const value = Buffer.alloc(bytes)
  const recordAt = (at: number): LogRecord => {
    return { topic: 't', partition: 0, offset: offset(at), key: null, value, headers: {}, timestamp: 0 }
  }
  const counted = { decoded: 0 }
  const log: Pick<Log, 'state' | 'read'> = {
    state: async () => [{ topic: 't', partition: 0, start: offset(0), end: offset(count) }],
    read: async (_topic, _partition, from, limits) => {
      const answer = Math.min(count - Number(from), Math.max(1, Math.floor(limits.bytes / bytes)))
      counted.decoded += answer
      const records = Array.from({ length: Math.min(answer, limits.records) }, (_, at) => recordAt(Number(from) + at))
      return { records, next: offset(from + BigInt(records.length)) }
    },
  }
  return { log: log as Log, counted }
}

test.each([100, 1_000, 3_000_000])('a topic of records of %i bytes is decoded about once', async bytes => {
  const count = Math.ceil(20_000_000 / bytes)
  const { log, counted } = brokerLog(count, bytes)
  let read = 0
  let inOrder = true
  for await (const record of readAll(log, 't')) inOrder &&= Number(record.offset) === read++
  expect([read, inOrder]).toEqual([count, true])
  expect(counted.decoded).toBeLessThan(1.2 * count)
})
