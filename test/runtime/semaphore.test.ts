import { describe, expect, it } from 'vitest'
import { Semaphore } from '../../src/runtime/concurrency.js'

describe('permits', () => {
  it('are never more than allowed, and each is given again', async () => {
    const semaphore = new Semaphore(() => 2)
    const lane = {}
    await semaphore.acquire(lane)
    await semaphore.acquire(lane)
    expect(semaphore.tryAcquire()).toBe(false)
    semaphore.release()
    expect(semaphore.tryAcquire()).toBe(true)
  })

  it('become more and fewer with the limit', async () => {
    let limit = 1
    const semaphore = new Semaphore(() => limit)
    const lane = {}
    let inside = 0
    await semaphore.acquire(lane)
    const waiting = [1, 2, 3].map(() => semaphore.acquire(lane).then(() => inside++))
    limit = 3
    semaphore.release()
    await Promise.all(waiting)
    expect(inside).toBe(3)
    limit = 2
    semaphore.release()
    expect(semaphore.tryAcquire()).toBe(false)
    semaphore.release()
    expect(semaphore.tryAcquire()).toBe(true)
  })

  it('go to the lanes in turn, so that a late comer does not wait for all who came before', async () => {
    const semaphore = new Semaphore(() => 1)
    const [full, late] = [{}, {}]
    const entered: string[] = []
    const enter = (lane: object, name: string) => semaphore.acquire(lane).then(() => entered.push(name))
    await enter(full, 'full 0')
    const waiting = [1, 2, 3].map(at => enter(full, `full ${at}`))
    waiting.push(enter(late, 'late 1'), enter(late, 'late 2'))
    for (const one of [0, 1, 2, 3, 4]) {
      expect(entered).toHaveLength(one + 1)
      semaphore.release()
      await new Promise(setImmediate)
    }
    await Promise.all(waiting)
    expect(entered).toEqual(['full 0', 'full 1', 'late 1', 'full 2', 'late 2', 'full 3'])
  })
})
