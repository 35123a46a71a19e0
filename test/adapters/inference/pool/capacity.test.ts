import { describe, expect, it } from 'vitest'
import { Capacity, type CapacityOptions, type Sent } from '../../../../src/adapters/inference/pool/capacity.js'

/** A server in virtual time: when a request that arrives now will be answered; null when it is refused. */
interface Simulated {
  answerAt(now: number, prompts: number, underWay: number): number | null
}

/** So many places; what comes to full ones waits in order. A place works on the prompts of a request one by one. */
function places(count: number, serviceMs: () => number): Simulated {
  const free = Array<number>(count).fill(0)
  return {
    answerAt: (now, prompts) => {
      const first = free.indexOf(Math.min(...free))
      return (free[first] = Math.max(now, free[first]!) + prompts * serviceMs())
    },
  }
}

/** One request at a time, all of its prompts together. */
function locked(batchMs: (prompts: number) => number): Simulated {
  let free = 0
  return { answerAt: (now, prompts) => (free = Math.max(now, free) + batchMs(prompts)) }
}

/** Works on everything at once, the slower the more there is, and refuses what is beyond a cap. */
const elastic = (ms: (underWay: number) => number, cap: number): Simulated => ({
  answerAt: (now, _, underWay) => (underWay > cap ? null : now + ms(underWay)),
})

const networkMs = 1

/** Prompts answered in a second over the last part of a run in which there is always more to do. */
function rate(server: Simulated, options: CapacityOptions, { seconds = 60, from = 40 } = {}) {
  const capacity = new Capacity(options)
  const arrivals: { at: number; sent: Sent; prompts: number; refused: boolean }[] = []
  let [now, answered, refused] = [0, 0, 0]
  while (now < seconds * 1000) {
    while (arrivals.length < capacity.requests) {
      const prompts = capacity.batch
      const sent = capacity.sent(prompts, arrivals.length + 1, now)
      const at = server.answerAt(now + networkMs, prompts, arrivals.length + 1)
      arrivals.push({ at: at ?? now + 5, sent, prompts, refused: at === null })
      if (at === null) break
    }
    arrivals.sort((a, b) => a.at - b.at)
    const { at, sent, prompts, refused: no } = arrivals.shift()!
    now = at
    if (no) {
      refused++
      capacity.overloaded(sent, arrivals.length + 1, now)
      continue
    }
    capacity.answered(sent, now)
    if (now > from * 1000) answered += prompts
  }
  return { rate: answered / (seconds - from), refused, requests: capacity.requests, batch: capacity.batch }
}

const open = { requests: { start: 8, most: 512 }, batch: 1 }
const batching = { requests: { start: 2, most: 512 }, batch: { most: 128 } }

describe('the capacity of a server', () => {
  it.each([1, 2, 5, 8, 12, 40, 200])('with %i places: they are full, and little waits behind them', count => {
    const found = rate(
      places(count, () => 50),
      open,
    )
    expect(found.rate).toBeGreaterThan(0.97 * (count / 0.05))
    expect(found.requests).toBeLessThanOrEqual(Math.ceil(count * 1.6) + 2)
  })

  it('is found within seconds', () => {
    const found = rate(
      places(8, () => 50),
      open,
      { seconds: 5, from: 0 },
    )
    expect(found.rate).toBeGreaterThan(0.93 * 160)
  })

  it.each([0.3, 1])('is found where answers take unequal times (spread %f)', spread => {
    let state = 1
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647
    const service = () => 50 * (1 + spread * (2 * uniform() - 1))
    expect(rate(places(8, service), open).rate).toBeGreaterThan(0.95 * 160)
  })

  it('of one request at a time is that of large batches, one of which waits', () => {
    const found = rate(
      locked(prompts => 50 + prompts),
      batching,
    )
    expect(found.rate).toBeGreaterThan((0.95 * 128) / 0.178)
    expect(found.requests).toBeLessThanOrEqual(3)
  })

  it('is not beyond the size of batch that a server does well', () => {
    const ms = (prompts: number) => (50 + prompts) * (prompts <= 48 ? 1 : 1 + (prompts - 48) / 16)
    const found = rate(locked(ms), batching)
    expect(found.rate).toBeGreaterThan((0.95 * 48) / 0.098)
  })

  it('of places that take prompts one by one does not need batches', () => {
    const found = rate(
      places(8, () => 50),
      batching,
    )
    expect(found.batch).toBe(1)
    expect(found.rate).toBeGreaterThan(0.97 * 160)
  })

  it('of a server that slows down with its load is where more brings nothing, below what it refuses', () => {
    const found = rate(
      elastic(underWay => 50 + 4 * underWay, 40),
      open,
    )
    expect(found.rate).toBeGreaterThan((0.9 * 40) / 0.21)
    expect(found.refused / found.rate / 60).toBeLessThan(0.02)
  })

  it('is a person’s choice where there is one', () => {
    const found = rate(
      places(8, () => 50),
      { requests: 3, batch: 2 },
    )
    expect([found.requests, found.batch]).toEqual([3, 2])
  })

  it('grows with a server that grows', () => {
    let count = 4
    const [small, large] = [places(4, () => 50), places(16, () => 50)]
    const server: Simulated = {
      answerAt: (now, prompts, underWay) => {
        if (now > 20_000) count = 16
        return (count === 4 ? small : large).answerAt(now, prompts, underWay)
      },
    }
    expect(rate(server, open, { seconds: 200, from: 150 }).rate).toBeGreaterThan(0.95 * 320)
  })
})
