import { expect, it } from 'vitest'
import { type Batch, offset } from '../../../../src/runtime/log.js'
import { ProgressTopic, ProgressLedger } from '../../../../src/adapters/log/kafka/progress.js'

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
  const told: string[] = []
  const reader = { end: async () => offset(values.length), read, wait }
  const progress = new ProgressTopic(reader, 'ns.progress', (level, message) => told.push(`${level}: ${message}`))
  const store = (key: string, at: number, mark: string): void => {
    const { value } = progress.record(key, { offset: offset(at), mark })
    values.push({ key, value })
  }
  const write = (key: string, text: string) => values.push({ key, value: Buffer.from(text) })
  return { progress, side, store, write, told }
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

it.each(['', 'garbage', '{"offset":-1}', 'null', '{"offset":"1e9","mark":""}'])(
  'passes over what somebody else wrote (%j), says so once, and keeps what was its own',
  async text => {
    const { progress, store, write, told } = topic()
    store('a', 1, 'x')
    write('a', text)
    write('b', text)
    expect(await progress.last('a')).toEqual({ offset: 1n, mark: 'x' })
    expect(await progress.last('b')).toBeNull()
    store('b', 2, 'y')
    write('c', text)
    expect(await progress.last('b')).toEqual({ offset: 2n, mark: 'y' })
    expect(told).toEqual([expect.stringMatching(/^warn: ns\.progress contains records.* offset 1:/)])
  },
)
