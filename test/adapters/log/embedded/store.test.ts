import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { offsetKey } from '../../../../src/adapters/log/embedded/catalogue.js'
import { footprint } from '../../../../src/adapters/log/embedded/record.js'
import { Store } from '../../../../src/adapters/log/embedded/store.js'
import { folder, removeFolders } from './folder.js'

describe('the store', () => {
  removeFolders()
  const key = (text: string) => Buffer.from(text)

  it('undoes a transaction that throws', async () => {
    const store = await Store.open(await folder())
    const table = store.table('t')
    store.transaction(() => table.put(key('a'), key('1')))
    const failing = () =>
      store.transaction(() => {
        table.put(key('a'), key('2'))
        table.remove(key('a'))
        throw new Error('changed my mind')
      })
    expect(failing).toThrow('changed my mind')
    expect(table.get(key('a'))).toEqual(key('1'))
    await store.close()
  })

  it.each([
    ['no room', 28, 'STEERFLOW_LOG_FULL', 'no room on the disk of DIR'],
    [
      'no quota',
      process.platform === 'darwin' ? 69 : 122,
      'STEERFLOW_LOG_FULL',
      'the quota of the disk of DIR is used up',
    ],
    ['a full map', -30792, 'STEERFLOW_LOG_FULL', 'the log in DIR has reached its maximum of 1024 GiB'],
    ['a disk that fails', 5, 'STEERFLOW_STORAGE', 'the disk of DIR failed'],
    ['a page that is not whole', -30796, 'STEERFLOW_LOG_CORRUPT', 'the log in DIR failed'],
  ])('names its folder and what it met: %s', async (_, errno, code, message) => {
    const dir = await folder()
    const store = await Store.open(dir)
    const failing = () =>
      store.transaction(() => {
        throw Object.assign(new Error('as lmdb says it'), { code: errno })
      })
    expect(failing).toThrow(expect.objectContaining({ code, message: message.replace('DIR', dir) }))
    await store.close()
  })

  it('gives pairs in order, which stay what they are while others are written', async () => {
    const store = await Store.open(await folder())
    const table = store.table('t')
    store.transaction(() => ['c', 'a', 'b'].forEach(name => table.put(key(name), key(name.repeat(3)))))
    const pairs = [...table.range(key('a'), key('c'))]
    store.transaction(() => ['a', 'b'].forEach(name => table.put(key(name), key('other'))))
    expect(pairs.map(({ key, value }) => [key.toString(), value.toString()])).toEqual([
      ['a', 'aaa'],
      ['b', 'bbb'],
    ])
    await store.close()
  })

  it('refuses to append below the highest key, and any use after it was closed', async () => {
    const store = await Store.open(await folder())
    const table = store.table('t')
    store.transaction(() => table.append(offsetKey(5n), key('5')))
    expect(() => store.transaction(() => table.append(offsetKey(4n), key('4')))).toThrow('not the highest')
    await store.close()
    expect(() => store.refresh()).toThrow('was closed')
  })

  it.each([10, 500, 1000, 1300, 2000, 3000, 10_000])(
    'takes the disk that the footprint of %i bytes says',
    async size => {
      const dir = await folder()
      const store = await Store.open(dir)
      const table = store.table('t')
      const bytes = async () => (await stat(join(dir, 'data.mdb'))).size
      const before = await bytes()
      const count = Math.min(20_000, Math.ceil(1e6 / size))
      store.transaction(() => {
        for (let at = 0; at < count; at++) table.append(offsetKey(BigInt(at)), Buffer.alloc(size))
      })
      const taken = ((await bytes()) - before) / count
      expect(footprint(size) / taken).toBeGreaterThan(0.9)
      expect(footprint(size) / taken).toBeLessThan(1.1)
      await store.close()
    },
  )
})
