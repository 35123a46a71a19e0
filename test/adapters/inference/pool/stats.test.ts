import { describe, expect, it } from 'vitest'
import { Times } from '../../../../src/adapters/inference/pool/stats.js'

describe('the times of a server', () => {
  it('are known by quantiles of the latest answers', () => {
    const times = new Times()
    expect(times.quantiles()).toBeNull()
    for (let ms = 1; ms <= 600; ms++) times.add(ms, 1, 1, 0)
    expect(times.quantiles()).toEqual({ p50: 345, p95: 575, p99: 595 })
  })

  it('give prompts a second over the last ten whole seconds', () => {
    const times = new Times()
    for (let second = 0; second < 30; second++) times.add(5, 1, 7, second * 1000 + 500)
    expect(times.rate(30_100)).toBe(7)
    expect(times.rate(60_000)).toBe(0)
  })

  it('tell when a request will be answered: after those before it, and not sooner than any', () => {
    const times = new Times()
    for (let each = 0; each < 100; each++) times.add(80, 8, 1, 0)
    expect(times.expected(0)).toBeCloseTo(80)
    expect(times.expected(15)).toBeCloseTo(160)
  })

  it('shorten the deadline to many times what nearly all answers took, five seconds at least', () => {
    const [quick, slow] = [new Times(), new Times()]
    for (let each = 0; each < 100; each++) {
      expect(quick.deadline(120_000)).toBe(120_000)
      quick.add(20, 1, 1, 0)
      slow.add(2_000, 1, 1, 0)
    }
    expect([quick.deadline(120_000), quick.deadline(1_000)]).toEqual([5_000, 1_000])
    expect(slow.deadline(120_000)).toBe(40_000)
  })
})
