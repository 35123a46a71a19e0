import { type Fleet, type FleetOptions, openFleet } from '../../src/adapters/inference/fleet.js'
import { attributeSets } from '../../src/domain/attributes.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'

export const system = 'A chat between a curious user and an artificial intelligence assistant.\n\n'
export const text = (index: number): string => `Question ${index}: why does the second batch of pancakes brown faster?`

/** A fleet with its default settings but for what is given. */
export const fleetOf = (urls: readonly string[], options: Partial<FleetOptions> = {}): Fleet =>
  openFleet({
    endpoints: urls.map(url => ({ url, model: null })),
    attributeSet: attributeSets['oasst-12-lang@1'],
    tokens: extraIdTokens,
    protocol: 'auto',
    ...options,
  })

/** A fleet that is given all the work it can take. */
export interface Driven {
  readonly fleet: Fleet
  /** Turns scored so far. */
  readonly scored: () => number
  /** Ends it in the middle of its work. @throws what a turn failed with before. */
  stop(): Promise<void>
}

/** No turn comes twice, in no round: nothing is known already. */
let next = 0

/** Keeps `backlog` turns waiting or under way. */
export function drive(urls: readonly string[], backlog: number): Driven {
  const fleet = fleetOf(urls)
  const model = fleet.pinned('bench')
  const { signal } = new AbortController()
  const state = { running: true, scored: 0 }
  const worker = async (): Promise<void> => {
    while (state.running) {
      const turn = { system, turns: [{ value: text(next++), from: 'User' }] }
      try {
        await model.scoreTurn(turn, signal)
        state.scored++
      } catch (error) {
        if (state.running) throw error
      }
    }
  }
  const all = Promise.all(Array.from({ length: backlog }, worker))
  // Thrown by `stop`; until then a turn that fails is no unhandled rejection.
  all.catch(() => undefined)
  return {
    fleet,
    scored: () => state.scored,
    stop: async () => {
      state.running = false
      await fleet.close()
      await all
    },
  }
}
