import { describe, expect, it } from 'vitest'
import { PrefixCache } from '../../../src/adapters/inference/fleet.js'

const idle = new AbortController().signal

describe('the prefix cache', () => {
  it('computes once for callers at the same time and later', async () => {
    const cache = new PrefixCache<number>(10)
    let computed = 0
    const compute = async () => ++computed
    const values = await Promise.all([1, 2, 3].map(() => cache.get('a', idle, compute)))
    expect([...values, await cache.get('a', idle, compute)]).toEqual([1, 1, 1, 1])
    expect(cache.reused).toBe(3)
  })

  it('forgets what was used least lately', async () => {
    const cache = new PrefixCache<string>(2)
    const computed: string[] = []
    const get = (key: string) =>
      cache.get(key, idle, async () => {
        computed.push(key)
        return key
      })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)
    expect(computed).toEqual(['a', 'b', 'c', 'b'])
  })

  it('does not keep failures', async () => {
    const cache = new PrefixCache<number>(2)
    await expect(cache.get('a', idle, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await cache.get('a', idle, async () => 1)).toBe(1)
  })

  it('goes on while anybody waits, and is cancelled when nobody does', async () => {
    const cache = new PrefixCache<number>(2)
    const [first, second] = [new AbortController(), new AbortController()]
    let cancelled = false
    let finish = (_: number): void => {}
    const compute = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => (cancelled = true))
      return new Promise<number>(resolve => (finish = resolve))
    }
    const a = cache.get('a', first.signal, compute)
    const b = cache.get('a', second.signal, compute)
    first.abort(new Error('gone'))
    await expect(a).rejects.toThrow('gone')
    expect(cancelled).toBe(false)
    finish(5)
    expect(await b).toBe(5)

    const c = cache.get('c', second.signal, compute)
    second.abort(new Error('gone too'))
    await expect(c).rejects.toThrow('gone too')
    expect(cancelled).toBe(true)
  })
})
