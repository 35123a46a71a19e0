import { afterEach, describe, expect, it, vi } from 'vitest'

/** The module as a run with this environment has it. */
async function effort(environment: { readonly full?: string; readonly seed?: string }) {
  vi.resetModules()
  vi.stubEnv('STEERFLOW_TEST_FULL', environment.full)
  vi.stubEnv('STEERFLOW_TEST_SEED', environment.seed)
  return import('./effort.js')
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

const all = Array.from({ length: 10 }, (_, at) => at)

describe('how much is proven by repetition', () => {
  it('in full, all of it, in order', async () => {
    const { cases, repeats, tries } = await effort({ full: '1', seed: '7' })
    expect(repeats(60, 12)).toBe(60)
    expect(cases(all, 3)).toEqual(all)
    expect(tries(3)).toEqual([0, 1, 2])
  })

  it('else fewer, as the seed says, and the same again with the same seed', async () => {
    const { cases, repeats } = await effort({ seed: '2' })
    expect(repeats(60, 12)).toBe(12)
    expect(cases(all, 3)).toEqual([2, 5, 8])
    expect(cases(all, 20)).toEqual(all)
    expect((await effort({ seed: '2' })).cases(all, 3)).toEqual([2, 5, 8])
  })

  it('with seeds that follow one another, all cases and all tries', async () => {
    const seen = new Set<number>()
    const numbers: number[] = []
    for (let seed = 0; seed < 4; seed++) {
      const { cases, tries } = await effort({ seed: String(seed) })
      for (const one of cases(all, 3)) seen.add(one)
      numbers.push(...tries(3))
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(all)
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, at) => at))
  })
})
