import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitOf } from '../../src/domain/split.js'

describe('splitOf', () => {
  it('follows the source where it names a split', () => {
    expect(splitOf('t', { seed: 10, ratio: 1 }, 'validation')).toEqual({ split: 'validation', rule: 'source' })
  })

  it('comes near the ratio, whatever the seed', () => {
    for (const [seed, ratio] of [[1, 0.95] as const, [10, 0.5] as const]) {
      const trees = Array.from({ length: 4000 }, (_, index) => splitOf(`tree ${index}`, { seed, ratio }))
      const train = trees.filter(({ split }) => split === 'train').length / trees.length
      expect(Math.abs(train - ratio)).toBeLessThan(0.03)
    }
    expect(splitOf('t', { seed: 10, ratio: 0.95 }).rule).toBe('hash(seed=10,ratio=0.95)')
  })

  it('is a function of seed and tree; a larger ratio only moves trees into training', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (tree, seed, ratio) => {
        const { split } = splitOf(tree, { seed, ratio })
        expect(splitOf(tree, { seed, ratio }).split).toBe(split)
        expect(splitOf(tree, { seed, ratio: 0 }).split).toBe('validation')
        expect(splitOf(tree, { seed, ratio: 1 }).split).toBe('train')
        if (split === 'train') expect(splitOf(tree, { seed, ratio: (1 + ratio) / 2 }).split).toBe('train')
      }),
    )
  })
})
