import { describe, expect, it } from 'vitest'
import { SteerflowError } from '../../../../src/domain/errors.js'
import { Store, type Table } from '../../../../src/adapters/log/embedded/store.js'
import { Writer } from '../../../../src/adapters/log/embedded/writer.js'
import { folder, removeFolders } from './folder.js'

describe('the writer', () => {
  removeFolders()
  const row = Buffer.from('row')

  async function prepared(): Promise<{ store: Store; table: Table; writer: Writer; transactions: () => number }> {
    const store = await Store.open(await folder())
    let transactions = 0
    const writer = new Writer(
      store,
      () => undefined,
      () => transactions++,
    )
    return { store, table: store.table('t'), writer, transactions: () => transactions }
  }

  it('puts what is asked for in one turn into one transaction, in order', async () => {
    const { store, table, writer, transactions } = await prepared()
    const writes = ['1', '2', '3'].map(value =>
      writer.write(0, begin => {
        begin()
        const before = table.get(row)?.toString() ?? ''
        table.put(row, Buffer.from(before + value))
        return before
      }),
    )
    expect(await Promise.all(writes)).toEqual(['', '1', '12'])
    expect(transactions()).toBe(1)
    await store.close()
  })

  it('fails one that refuses, and no other', async () => {
    const { store, table, writer } = await prepared()
    const refusing = writer.write(0, () => {
      throw new SteerflowError('STEERFLOW_FENCED', 'somebody else')
    })
    const writing = writer.write(0, begin => {
      begin()
      table.put(row, Buffer.from('1'))
    })
    const results = await Promise.allSettled([refusing, writing])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(table.get(row)?.toString()).toBe('1')
    await store.close()
  })

  it('undoes and fails the whole transaction when one fails after it began to write', async () => {
    const { store, table, writer, transactions } = await prepared()
    const write = (then: () => void) =>
      writer.write(0, begin => {
        begin()
        table.put(row, Buffer.from('1'))
        then()
      })
    const failing = () => {
      throw new Error('half-way')
    }
    const results = await Promise.allSettled([write(() => undefined), write(failing)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(table.get(row)).toBeUndefined()
    expect(transactions()).toBe(0)
    await write(() => undefined)
    expect(table.get(row)?.toString()).toBe('1')
    await store.close()
  })

  it('splits what is too much for one transaction', async () => {
    const { store, writer, transactions } = await prepared()
    await Promise.all([1, 2, 3].map(() => writer.write(20 << 20, begin => begin())))
    expect(transactions()).toBe(2)
    await store.close()
  })

  it('is drained when everything asked for is done', async () => {
    const { store, writer } = await prepared()
    await writer.drained()
    let done = false
    void writer.write(0, begin => begin()).then(() => (done = true))
    await writer.drained()
    expect(done).toBe(true)
    await store.close()
  })
})
