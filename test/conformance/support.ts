import { afterEach, expect, vi } from 'vitest'
import { SteerflowError, type ErrorCode } from '../../src/domain/errors.js'
import type { Claim, Log, LogRecord, Output, TopicSpec } from '../../src/runtime/log.js'
import { readAll } from '../../src/runtime/read-all.js'
import type { Identified } from '../support/checker.js'
import type { LogUnderTest, Place } from './log-under-test.js'
import { killWorkers } from './worker.js'

export const limits = { records: 500, bytes: 8 << 20 }

/** A topic that keeps its records for ever, unless told otherwise. */
export const topic = (
  name: string,
  partitions = 1,
  retention: TopicSpec['retention'] = { keep: 'forever' },
): TopicSpec => ({ name, partitions, retention })

interface Places {
  readonly place: () => Promise<Place>
  /** A log of its own with these topics. */
  readonly log: (...topics: TopicSpec[]) => Promise<Log>
}

/** Places and logs for one test each; closed and removed after it, with the processes that it started. */
export function places(under: LogUnderTest): Places {
  const made: Place[] = []
  const opened: Log[] = []
  const place = async (): Promise<Place> => {
    const inner = await under.place()
    made.push(inner)
    const keep = (log: Log): Log => (opened.push(log), log)
    const openSmall = inner.openSmall?.bind(inner)
    return {
      ...inner,
      open: async () => keep(await inner.open()),
      ...(openSmall && { openSmall: async (...budget) => keep(await openSmall(...budget)) }),
    }
  }
  afterEach(async () => {
    await killWorkers()
    for (const log of opened.splice(0)) await log.close()
    for (const done of made.splice(0)) await done.dispose()
  })
  return {
    place,
    log: async (...topics) => {
      const log = await (await place()).open()
      await log.ensure(topics)
      return log
    },
  }
}

/** An identified record as an output; its value is its id. */
export const output = (topic: string, { id, key }: Identified): Output => ({
  topic,
  key: Buffer.from(key),
  value: Buffer.from(id),
})

/** So many records over so many keys, their ids in order. */
export const identified = (count: number, keys: number, from = 0): Identified[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${from + i}`, key: `key-${(from + i) % keys}` }))

export const identity = (record: LogRecord): Identified => ({
  id: record.value.toString(),
  key: record.key?.toString() ?? '',
})

/** Every record of a topic, partition by partition. */
export async function everything(log: Log, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of readAll(log, topic)) records.push(record)
  return records
}

/** The values of a topic's records as text. */
export const values = async (log: Log, topic: string): Promise<string[]> =>
  (await everything(log, topic)).map(record => record.value.toString())

/** Reads until so many records came, or nothing more came for `waitMs`. */
export async function readMany(claim: Claim, count: number, waitMs = 5000): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  while (records.length < count) {
    const batch = await claim.read({ ...limits, records: count - records.length }, waitMs)
    if (batch.records.length === 0) break
    records.push(...batch.records)
  }
  return records
}

/** Expects a rejection with a code, and returns the error. */
export async function rejection(promise: Promise<unknown>, code: ErrorCode): Promise<SteerflowError> {
  const error: unknown = await promise.then(
    () => new Error(`expected ${code}, but it was done`),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SteerflowError)
  expect(error).toMatchObject({ code })
  return error as SteerflowError
}

/**
 * Expires the records of topic `in` until its only partition holds these: a broker shows a commit to others a moment after
 * it has confirmed it.
 */
export function expired(
  under: LogUnderTest,
  open: Log,
  held: { readonly start: bigint; readonly end: bigint },
): Promise<void> {
  return vi.waitFor(
    async () => {
      await under.expire(open, 'in')
      expect((await open.state('in'))[0]).toMatchObject(held)
    },
    { timeout: 30_000, interval: 100 },
  )
}
