import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MersenneTwister, pythonShuffle } from '../../../src/domain/random/python-shuffle.js'

interface Golden {
  readonly getrandbits32_seed10: readonly number[]
  readonly shuffles: readonly { readonly seed: number; readonly n: number; readonly order: readonly number[] }[]
}
const golden = JSON.parse(readFileSync('test/golden/data/preprocess/shuffle.json', 'utf8')) as Golden

describe('MersenneTwister', () => {
  it('draws Python’s numbers', () => {
    const random = new MersenneTwister([10])
    expect(golden.getrandbits32_seed10.map(() => random.uint32())).toEqual(golden.getrandbits32_seed10)
  })
})

describe('pythonShuffle', () => {
  it('shuffles as Python does, for every recorded seed and length', () => {
    for (const { seed, n, order } of golden.shuffles) expect([...pythonShuffle(n, BigInt(seed))]).toEqual(order)
    expect(golden.shuffles.length).toBeGreaterThan(50)
  })

  it('is a permutation, the same every time, and blind to the sign of the seed', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.bigInt(), (length, seed) => {
        const order = pythonShuffle(length, seed)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index))
        expect(pythonShuffle(length, -seed)).toEqual(order)
      }),
    )
  })
})
