import { expect, it } from 'vitest'
import { Closers, openedTogether } from '../../../src/cli/run/closers.js'

it('closes the last first, all of it, and says what failed first', async () => {
  const closers = new Closers()
  const closed: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    closers.add(name, one => {
      closed.push(one)
      if (one === 'b' || one === 'c') throw new Error(`not ${one}`)
    })
  }
  await expect(closers.close()).rejects.toThrow('not c')
  expect(closed).toEqual(['d', 'c', 'b', 'a'])
  await closers.close()
  expect(closed).toHaveLength(4)
})

it('closes what was opened before one that fails, and says why that failed', async () => {
  const closed: string[] = []
  const opening = openedTogether(async closers => {
    closers.add('a', one => closed.push(one))
    closers.add('b', () => {
      throw new Error('closing')
    })
    throw new Error('opening')
  })
  await expect(opening).rejects.toThrow('opening')
  expect(closed).toEqual(['a'])
  expect(await openedTogether(async closers => closers.add(7, () => closed.push('never')))).toBe(7)
  expect(closed).toEqual(['a'])
})
