import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mostNegatives, replayedBeside } from '../../../src/domain/bootstrap/seeded-draw.js'

const count = fc.nat(100_000)
const share = fc.oneof(fc.constantFrom(0, 0.1, 0.2, 0.3, 0.5, 0.9), fc.double({ min: 0, max: 0.99, noNaN: true }))

describe('the shares of a round', () => {
  it.each([
    [4, 0.2, 1],
    [3, 0.2, 0],
    [9, 0.1, 1],
    [7, 0.3, 3],
    [10, 0, 0],
    [0, 0.5, 0],
  ])('beside %i accepted answers, of which negatives may be %d, are %i at most', (accepted, of, most) => {
    expect(mostNegatives(accepted, of)).toBe(most)
  })

  it('has as many negatives as the share allows, and not one more', () => {
    fc.assert(
      fc.property(count, share, (accepted, of) => {
        const most = mostNegatives(accepted, of)
        expect(most).toBeLessThanOrEqual(of * (accepted + most) + 1e-6)
        expect(most + 1).toBeGreaterThan(of * (accepted + most + 1) - 1e-6)
      }),
    )
  })

  it('replays the share to the nearest record', () => {
    fc.assert(
      fc.property(count, share, (answers, of) => {
        const replayed = replayedBeside(answers, of)
        expect(Math.abs(replayed - of * (answers + replayed))).toBeLessThanOrEqual(0.5 + 1e-6)
      }),
    )
  })
})
