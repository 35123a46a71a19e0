import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sampleSeed } from '../../../src/domain/bootstrap/seeded-draw.js'

const draw = fc.record({ seed: fc.nat(), round: fc.string(), promptId: fc.string() })

it('a seed is a number of 31 bits, and a function of what it is drawn for', () => {
  fc.assert(
    fc.property(draw, fc.nat({ max: 99 }), (one, index) => {
      const seed = sampleSeed(one, index)
      expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31).toBe(true)
      expect(sampleSeed({ ...one }, index)).toBe(seed)
    }),
  )
})

it('seeds of the samples, prompts, rounds and loops differ, and fill their range', () => {
  const seeds = new Set<number>()
  for (const seed of [1, 2]) {
    for (const round of ['a-1', 'a-2']) {
      for (let prompt = 0; prompt < 100; prompt++) {
        for (let index = 0; index < 10; index++) seeds.add(sampleSeed({ seed, round, promptId: `p${prompt}` }, index))
      }
    }
  }
  // Of 4,000 draws from 2^31 a collision is expected once in 270 such sets; these have none.
  expect(seeds.size).toBe(4000)
  const high = [...seeds].filter(seed => seed >= 2 ** 30).length
  expect(high).toBeGreaterThan(1800)
  expect(high).toBeLessThan(2200)
})

it('the seeds of a round stay what they are', () => {
  expect([0, 1].map(index => sampleSeed({ seed: 1, round: 'loop-1', promptId: 'p' }, index))).toEqual([
    1116262053, 776386792,
  ])
})
