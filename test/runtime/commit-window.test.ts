import { expect, test } from 'vitest'
import fc from 'fast-check'
import { type LogRecord, offset } from '../../src/runtime/log.js'
import { CommitWindow } from '../../src/runtime/commit-window.js'

const record = (at: number, bytes = 1): LogRecord => ({
  topic: 't',
  partition: 0,
  offset: offset(at),
  key: null,
  value: Buffer.alloc(bytes),
  headers: {},
  timestamp: 0,
})
const limits = { records: 10, bytes: 1000 }

test('nothing can be committed before the first record is finished', () => {
  const window = new CommitWindow(limits, offset(0))
  const [first, second] = window.push([record(0), record(1)], offset(2))
  second!.outputs = []
  expect(window.prefix(offset(0))).toBeNull()
  first!.outputs = []
  expect(window.prefix(offset(0))).toMatchObject({ items: 2, to: 2n })
})

test('the end of the window carries over aborted records behind it', () => {
  const window = new CommitWindow(limits, offset(0))
  for (const item of window.push([record(0)], offset(5))) item.outputs = []
  expect(window.prefix(offset(0))?.to).toBe(5n)
  window.shift(1)
  window.push([], offset(9))
  expect(window.prefix(offset(5))).toMatchObject({ items: 0, to: 9n, outputs: [] })
})

test('a record beyond the bound of bytes is let in alone', () => {
  const window = new CommitWindow(limits, offset(0))
  expect(window.room).toEqual({ records: 10, bytes: 1000 })
  window.push([record(0, 5000)], offset(1))
  expect(window.room).toEqual({ records: 0, bytes: 0 })
})

test('whatever order records finish in, commits move forward over finished records only', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(20).keys()], { minLength: 20, maxLength: 20 }), order => {
      const window = new CommitWindow({ records: 100, bytes: 1000 }, offset(0))
      const items = window.push(
        order.map((_, at) => record(at)),
        offset(20),
      )
      const finished = new Set<number>()
      let committed = offset(0)
      for (const index of order) {
        items[index]!.outputs = []
        finished.add(index)
        const prefix = window.prefix(committed)
        if (!prefix) continue
        for (let at = Number(committed); at < Number(prefix.to); at++) expect(finished.has(at)).toBe(true)
        committed = prefix.to
        window.shift(prefix.items)
      }
      expect(committed).toBe(20n)
      expect(window.size).toBe(0)
    }),
  )
})
