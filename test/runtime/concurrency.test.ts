import { describe, expect, it } from 'vitest'
import { inTime, race } from '../../src/runtime/concurrency.js'
import { collectGarbage } from '../support/collect-garbage.js'

/** Bytes that remain on the heap after many races of a promise that stays pending against one that does not. */
async function left(of: (pending: Promise<string>, short: Promise<string>) => Promise<string>): Promise<number> {
  const pending = new Promise<string>(() => undefined)
  await of(pending, Promise.resolve('short'))
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 50_000; n++) await of(pending, Promise.resolve('short'))
  collectGarbage()
  const grown = process.memoryUsage().heapUsed - before
  // The pending one is alive up to here.
  return pending instanceof Promise ? grown : NaN
}

describe('a race', () => {
  const never = new Promise<never>(() => undefined)
  const later = (text: string): Promise<string> => new Promise(resolve => setImmediate(() => resolve(text)))

  it('ends as the first does, whether that is fulfilled or rejected', async () => {
    expect(await race([never, later('a')])).toBe('a')
    await expect(race([never, later('a').then(() => Promise.reject(new Error('no')))])).rejects.toThrow('no')
    expect(await race([Promise.resolve('first'), Promise.resolve('second')])).toBe('first')
  })

  it('knows one that has ended before, and one that is raced several times at once', async () => {
    const once = later('once')
    expect(await Promise.all([race([once, never]), race([never, once])])).toEqual(['once', 'once'])
    expect(await race([never, once])).toBe('once')
  })

  it('is no unhandled rejection where a loser fails later', async () => {
    const loser = later('').then(() => Promise.reject(new Error('late')))
    expect(await race([Promise.resolve('won'), loser])).toBe('won')
    await later('')
    await later('')
  })

  it('leaves nothing behind on a promise that stays pending', async () => {
    expect(await left((pending, short) => race([pending, short]))).toBeLessThan(2e6)
    // What it is there for: each of these leaves some hundred bytes behind.
    expect(await left((pending, short) => Promise.race([pending, short]))).toBeGreaterThan(5e6)
  })
})

it('what takes too long fails with those words; what fails in time, with its own', async () => {
  await expect(inTime(new Promise(() => undefined), 1, new Error('too late'))).rejects.toThrow('too late')
  await expect(inTime(Promise.reject(new Error('no')), 60_000, new Error('too late'))).rejects.toThrow('no')
  expect(await inTime(Promise.resolve(1), 60_000, new Error('too late'))).toBe(1)
})
