import { expect, it } from 'vitest'
import { type Batch, offset } from '../../../../src/runtime/log.js'
import { Progress, ProgressLedger } from '../../../../src/adapters/log/kafka/progress.js'

/** A topic of progress of which the records from `hidden` on are kept from view by an open transaction, for a while. */
function topic() {
  const values: { key: string; value: Buffer }[] = []
  const side = { hidden: Infinity, waits: 0 }
  const read = async (from: bigint): Promise<Batch> => {
    const shown = values.slice(Number(from), Math.min(values.length, side.hidden))
    const records = shown.map(({ key, value }, at) => ({
      topic: 'progress',
      partition: 0,
      offset: offset(from + BigInt(at)),
      key: Buffer.from(key),
      value,
      headers: {},
      timestamp: 0,
    }))
    return { records, next: offset(from + BigInt(records.length)) }
  }
  const wait = async (): Promise<void> => {
    if (++side.waits === 3) side.hidden = Infinity
  }
  const progress = new Progress({ end: async () => offset(values.length), read, wait }, 'ns.progress')
  const store = (key: string, at: number, mark: string): void => {
    const { value } = progress.record(key, { offset: offset(at), mark })
    values.push({ key, value })
  }
  return { progress, side, store }
}

it('finds the last entry of each key', async () => {
  const { progress, store } = topic()
  store('a', 1, 'x')
  store('b', 2, 'y')
  store('a', 3, 'z')
  expect(await progress.last('a')).toEqual({ offset: 3n, mark: 'z' })
  expect(await progress.last('b')).toEqual({ offset: 2n, mark: 'y' })
  expect(await progress.last('c')).toBeNull()
  store('c', 9, 'w')
  expect(await new ProgressLedger(progress, 'c').stored()).toEqual({ offset: 9n, mark: 'w' })
})

it('waits for a transaction of somebody else that keeps the end from view', async () => {
  const { progress, side, store } = topic()
  store('a', 1, 'x')
  store('a', 2, 'y')
  side.hidden = 1
  expect(await progress.last('a')).toEqual({ offset: 2n, mark: 'y' })
  expect(side.waits).toBe(3)
})
