import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../domain/errors.js'

/** Bounds of a jittered exponential backoff, in milliseconds. */
export interface Backoff {
  readonly first: number
  readonly most: number
}

/** The wait before attempt `attempt` (from 1): doubles up to `most`, of which a random half is taken ("equal jitter"). */
export function backoff(attempt: number, { first, most }: Backoff, random = Math.random): number {
  const ceiling = Math.min(most, first * 2 ** Math.min(attempt - 1, 30))
  return ceiling / 2 + (ceiling / 2) * random()
}

/** Between two attempts of what fails because something is away. */
export const outageWaits: Backoff = { first: 200, most: 15_000 }

/** Told of each failure that is waited out, and for how long; must not throw. */
export type Failed = (error: SteerflowError, attempt: number, waitMs: number) => void

/**
 * Repeats `work` while it fails transiently, until `signal` is aborted. Whatever else it throws is passed on.
 * A record is never given up for a transient reason: an outage ends, a dead letter would have to be replayed by hand.
 */
export async function untilDone<T>(
  work: () => T | Promise<T>,
  signal: AbortSignal,
  waits: Backoff = outageWaits,
  failed: Failed = () => undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SteerflowError) || error.kind !== 'transient' || signal.aborted) throw error
      const wait = backoff(attempt, waits)
      failed(error, attempt, wait)
      await sleep(wait, undefined, { signal })
    }
  }
}

/**
 * Looks at something, and settles for `otherwise` while it is away for a transient reason: whoever only looks on need not
 * end for what those at work wait out.
 */
export async function unlessAway<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof SteerflowError && error.kind === 'transient') return otherwise
    throw error
  }
}
