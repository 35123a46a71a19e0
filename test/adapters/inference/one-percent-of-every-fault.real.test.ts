import { afterEach, describe, expect, it } from 'vitest'
import type { Fleet } from '../../../src/adapters/inference/fleet.js'
import { everyPassingFault, type FaultRule } from '../../support/contract-server/faults.js'
import { closeAll, codeOf, fleetOf, score, serve, texts } from './fleet-under-test.js'

afterEach(closeAll)

const turns = 10_000
/** Turns under way at a time, as in a node that pays for its calls. */
const window = 256
// Longer than a busy machine keeps a server from answering: what fails by it is not one of the faults.
const deadlineMs = 1000
/** Every hundredth turn is one that all servers refuse. */
const refused = (text: string): boolean => text.endsWith('50')
const refusal: FaultRule = { fault: { kind: 'string' }, containing: '50\\n' }

/** What becomes of each turn: its label, or the code of its error. */
async function results(fleet: Fleet): Promise<ReadonlyMap<string, string>> {
  const left = texts(turns).values()
  const ends = new Map<string, string>()
  const work = async (): Promise<void> => {
    for (const text of left) {
      const scored = score(fleet, text)
      const end = await scored.then(({ label }) => label).catch(() => codeOf(scored))
      if (ends.has(text)) throw new Error(`${text} ended twice`)
      ends.set(text, end)
    }
  }
  await Promise.all(Array.from({ length: window }, work))
  return ends
}

describe('a fleet of four servers with 1 % of every fault at each', () => {
  it.for<[string, { batch?: number }]>([
    ['one turn in a request', { batch: 1 }],
    ['as many turns in a request as the pool finds good', {}],
  ])('gives each of 10,000 turns the label that it gets without faults, once: %s', async ([, batch], { annotate }) => {
    const seeds = [1, 2, 3, 4]
    const sound = fleetOf(await Promise.all(seeds.map(() => serve())), batch)
    const labels = await results(sound)
    expect(sound.stats()).toMatchObject({ turnsScored: turns })
    expect(sound.stats().calls).toBeLessThanOrEqual(turns)

    const rules = (seed: number): FaultRule[] => [refusal, ...everyPassingFault(0.01, seed, deadlineMs)]
    const servers = await Promise.all(seeds.map(seed => serve({ faults: rules(seed) })))
    // A sixth of the calls fail by chance: a turn fails ten times in a row by it once in thousands of runs.
    const fleet = fleetOf(servers, { ...batch, deadlineMs, maxFailures: 10 })
    const began = performance.now()
    const ends = await results(fleet)
    const { calls, outcomes, ...stats } = fleet.stats()

    const wanted = [...labels].map(([text, label]) => [text, refused(text) ? 'STEERFLOW_INFERENCE_REFUSED' : label])
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(wanted))
    const scored = turns - texts(turns).filter(refused).length
    expect(stats).toMatchObject({ turnsScored: scored, inFlight: 0, waiting: 0, outageMs: null })
    expect(stats.lines + stats.attributeByAttribute).toBe(scored)
    // It met the faults, and overcame them without a storm: a failure costs at most two more calls, the request itself
    // and one for evidence, however many requests a restart or a busy machine lets fail.
    const { ok, ...failed } = outcomes
    const failures = Object.values(failed).reduce((sum, count) => sum + count, 0)
    expect(outcomes.elsewhere + outcomes.unavailable + outcomes.overloaded).toBeGreaterThan(calls * 0.1)
    expect(calls).toBeLessThan(turns + 2 * failures)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    await annotate(`${calls} calls, ${ok} answered, for ${turns} turns in ${seconds} s: ${JSON.stringify(failed)}`)
  })
})
