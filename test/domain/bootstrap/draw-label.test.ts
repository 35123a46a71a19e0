import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawLabel } from '../../../src/domain/bootstrap/seeded-draw.js'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`)

describe('the draw of the attribute line', () => {
  const labels = ['quality:4,humor:0', 'quality:4,humor:1', 'quality:4,humor:2']

  it('is a function of seed, round and prompt', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), (seed, round, promptId) => {
        const label = drawLabel(labels, { seed, round, promptId })
        expect(labels).toContain(label)
        expect(drawLabel([...labels], { seed, round, promptId })).toBe(label)
      }),
    )
  })

  it.each(['prompt', 'round', 'seed'])('is uniform over the lines, by %s', by => {
    const counts = new Map(labels.map(label => [label, 0]))
    for (let index = 0; index < 3000; index++) {
      const draw = { seed: 1, round: 'loop-1', promptId: 'p' }
      const varied = { prompt: { promptId: `p${index}` }, round: { round: `loop-${index}` }, seed: { seed: index } }[by]
      const label = drawLabel(labels, { ...draw, ...varied })
      counts.set(label, counts.get(label)! + 1)
    }
    // Chi-squared of three cells: above 18.4 once in 10,000.
    const squared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(squared).toBeLessThan(18.4)
  })

  it('stays what it is', () => {
    const lines = numbered(6).map(promptId => labels.indexOf(drawLabel(labels, { seed: 1, round: 'r-1', promptId })))
    expect(lines).toEqual([1, 2, 0, 2, 2, 0])
  })
})
