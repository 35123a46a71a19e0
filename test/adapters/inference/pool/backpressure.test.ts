import { describe, expect, it } from 'vitest'
import { Backpressure } from '../../../../src/adapters/inference/pool/endpoint-health.js'

const sent = { epoch: 0, filled: true, at: 0 }

describe('refusals', () => {
  it('mean that a server is full, if it answers others', () => {
    const refusals = new Backpressure()
    for (const underWay of [8, 7, 6]) expect(refusals.refused(sent, underWay, 0, null)).toBe(false)
    expect(refusals.waiting(500, 5)).toBe(true)
    expect(refusals.answered()).toMatchObject({ underWay: 8 })
    expect(refusals.waiting(500, 5)).toBe(false)
    expect(refusals.answered()).toBeNull()
  })

  it('mean nothing where they are few', () => {
    const refusals = new Backpressure()
    const found = Array.from({ length: 1000 }, (_, index) => {
      if (index % 20 === 0) refusals.refused(sent, 8, 0, null)
      return refusals.answered()
    })
    expect(found.every(one => one === null)).toBe(true)
  })

  it('mean that a server is away, if nothing is left that it could answer', () => {
    const refusals = new Backpressure()
    expect([3, 2, 1].map(underWay => refusals.refused(sent, underWay, 0, null))).toEqual([false, false, true])
  })

  it('are waited out for as long as the server says, for at most a second, while something is under way, if it says nothing', () => {
    const [told, silent] = [new Backpressure(), new Backpressure()]
    told.refused(sent, 2, 0, 5_000)
    silent.refused(sent, 2, 0, null)
    expect([told.waiting(4_999, 0), told.waiting(5_000, 1), silent.waiting(999, 1), silent.waiting(999, 0)]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })
})
