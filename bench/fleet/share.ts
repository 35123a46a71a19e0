import type { BenchServer, Look } from './servers.js'

/** What servers did between two looks, against what they could do. */
export interface Share {
  /** Sentences answered in a second, and the sum of what the modes allow at best. */
  readonly perSecond: number
  readonly possible: number
  /** The one by the other. */
  readonly share: number
}

/**
 * The share of the sum of the servers' capacities that was used between two looks. All of it comes from the servers' own
 * counters and clocks. A capacity is the mode's best rate, less the lateness of the server's own timers: where the machine
 * is busy, a slot of 50 ms is held for 51, which is no fault of the client.
 */
export function shareOf(servers: readonly BenchServer[], from: readonly Look[], to: readonly Look[]): Share {
  let [perSecond, possible] = [0, 0]
  servers.forEach((server, index) => {
    const [before, after] = [from[index]!, to[index]!]
    perSecond += (1000 * (after.sentences - before.sentences)) / (after.now - before.now)
    const held = after.heldMs - before.heldMs
    const lateness = held > 0 ? held / (after.nominalMs - before.nominalMs) : 1
    possible += server.best.perSecond / lateness
  })
  return { perSecond, possible, share: perSecond / possible }
}
