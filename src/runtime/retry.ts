import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError, asSteerflowError, explain } from '../domain/errors.js'
import type { Report } from './events.js'

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
const outageWaits: Backoff = { first: 200, most: 15_000 }

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

/** Why a partition of a node does not go on. */
export interface Trouble {
  /** `waiting`: something is away that comes back by itself; `paused`: it failed, and is tried again now and then. */
  readonly state: 'waiting' | 'paused'
  readonly error: SteerflowError
  /** Milliseconds since 1970. */
  readonly since: number
  readonly attempts: number
  /** When it is tried next, in milliseconds since 1970. */
  readonly next: number
}

/** Between two attempts of what failed for a reason that may stay. */
export const pauseWaits: Backoff = { first: 1000, most: 60_000 }
/** Outages that come and go are told no more often than this, in milliseconds. */
const tellAgainMs = 60_000

/** Keeps what is wrong with a partition, and tells of it when it begins, when its reason changes, and when it is over. */
export class PartitionTrouble {
  #current: Trouble | null = null
  /** Whether the present trouble was told. */
  #told = false
  #toldAt = -Infinity
  #began = 0

  constructor(
    private readonly of: { readonly node: string; readonly partition: number },
    private readonly report: Report,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get current(): Trouble | null {
    return this.#current
  }

  /** Something failed for the `attempts`th time, and is tried again after so many milliseconds. */
  failed(state: Trouble['state'], error: SteerflowError, attempts: number, waitMs: number): void {
    const before = this.#current
    const now = this.now()
    if (before === null) this.#began = now
    this.#current = { state, error, since: before?.since ?? Date.now(), attempts, next: Date.now() + waitMs }
    if (before?.state === state && before.error.code === error.code) return
    if (state === 'waiting' && now - this.#toldAt < tellAgainMs) return
    this.#toldAt = now
    this.#told = true
    this.report({ event: state, ...this.of, code: error.code, cause: explain(error) })
  }

  /** What was failing passes again; a trouble of the other kind stays. */
  over(state: Trouble['state']): void {
    const before = this.#current
    if (before?.state !== state) return
    this.#current = null
    if (this.#told) this.report({ event: 'resumed', ...this.of, seconds: (this.now() - this.#began) / 1000 })
    this.#told = false
  }

  /** What was failing is not tried any more. */
  forget(state: Trouble['state']): void {
    if (this.#current?.state !== state) return
    this.#current = null
    this.#told = false
  }
}

/** What to do about a failure: wait it out as something that is away, or as a pause; null: it is passed on. */
type Patience = (error: SteerflowError) => Trouble['state'] | null

/** Waits while something is away. */
export const whileAway: Patience = error => (error.kind === 'transient' ? 'waiting' : null)

/**
 * Waits whatever the reason, where the work can be done again as it is: a commit that was refused. What was fenced, what
 * this program did wrong, and what no repetition changes are passed on.
 */
export const whateverPasses: Patience = error => {
  if (error.code === 'STEERFLOW_FENCED' || error.code === 'STEERFLOW_BUG' || error.kind === 'permanent') return null
  return error.kind === 'transient' ? 'waiting' : 'paused'
}

/** Repeats a work of a partition as long as it is worth it, and keeps its trouble. Ends early when `signal` is aborted. */
export async function persist<T>(
  trouble: PartitionTrouble,
  work: () => T | Promise<T>,
  signal: AbortSignal,
  patience: Patience,
): Promise<T> {
  let last: Trouble['state'] | null = null
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await work()
      if (last) trouble.over(last)
      return result
    } catch (thrown) {
      const error = asSteerflowError(thrown)
      const state = patience(error)
      if (!state || signal.aborted) {
        if (last) trouble.forget(last)
        throw thrown
      }
      last = state
      const wait = backoff(attempt, state === 'paused' ? pauseWaits : outageWaits)
      trouble.failed(state, error, attempt, wait)
      await sleep(wait, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) {
        trouble.forget(state)
        throw thrown
      }
    }
  }
}
