import { describe, expect, it } from 'vitest'
import { proportionInterval } from '../../support/proportion-interval.js'
import { simulatedLoop } from './loop.js'
import { scenarios } from './scenarios.js'

const seeds = 100
const size = { prompts: 60, answers: 4 }

/** Loops of a world whose end is not the right one, and those that keep a model that is worse than the first. */
async function wrongOf(name: string): Promise<{ readonly wrong: number; readonly worse: number }> {
  const { world, isRight } = scenarios.find(scenario => scenario.name === name)!
  let [wrong, worse] = [0, 0]
  for (let seed = 1; seed <= seeds; seed++) {
    const loop = await simulatedLoop(world, size, seed)
    if (!isRight(loop)) wrong++
    if (loop.truths[loop.best - 1]! < loop.truths[0]! - 1e-9) worse++
  }
  return { wrong, worse }
}

describe(`a simulated policy and judge, over ${seeds} seeds`, () => {
  it('an improvement is found, and the last model is kept', async () => {
    const { wrong, worse } = await wrongOf('training helps')
    expect(worse).toBe(0)
    expect((await proportionInterval(wrong, seeds)).high).toBeLessThan(0.2)
  })

  it.each(['training changes nothing', 'the judge sees nothing but noise'])('when %s, it stops', async name => {
    const { wrong } = await wrongOf(name)
    // An interval of 95 % lies above 0 by chance in 2.5 of 100 loops.
    expect((await proportionInterval(wrong, seeds)).low).toBeLessThan(0.025)
  })

  it('when the judge is fooled by length, a guard stops it and the first model is kept', async () => {
    const { wrong, worse } = await wrongOf('the judge is fooled by length')
    expect((await proportionInterval(wrong, seeds)).high).toBeLessThan(0.15)
    expect((await proportionInterval(worse, seeds)).high).toBeLessThan(0.15)
  })
})

it('the same seed gives the same loop, another one another', async () => {
  const { world } = scenarios[0]!
  const [first, again, other] = await Promise.all([1, 1, 2].map(seed => simulatedLoop(world, size, seed)))
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
