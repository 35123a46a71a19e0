import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError, asSteerflowError, explain } from '../domain/errors.js'
import type { Report } from './events.js'

/** Bounds of a jittered exponential backoff, in milliseconds. */
export interface Backoff {
  readonly first: number
  readonly most: number
}

/** The wait after failed attempt `attempt` (from 1): doubles up to `most`; half of it is random ("equal jitter"). */
export function backoff(attempt: number, { first, most }: Backoff, random = Math.random): number {
  const ceiling = Math.min(most, first * 2 ** Math.min(attempt - 1, 30))
  return ceiling / 2 + (ceiling / 2) * random()
}

/** Waits between attempts that fail because something is unavailable. */
const outageWaits: Backoff = { first: 200, most: 15_000 }

/** Called with each failure that is waited out, and with the wait; must not throw. */
export type Failed = (error: SteerflowError, attempt: number, waitMs: number) => void

/**
 * Repeats `work` while it fails transiently, until `signal` is aborted. Other errors are passed on. A record is never given
 * up for a transient reason: an outage ends, but a dead letter would have to be replayed by hand.
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
 * Runs a read-only query and returns `otherwise` on a transient error: an observer must not fail because of an outage that
 * the workers are waiting out.
 */
export async function unlessAway<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof SteerflowError && error.kind === 'transient') return otherwise
    throw error
  }
}

/** Why a partition of a node does not progress. */
export interface Trouble {
  /** `waiting`: something is unavailable that returns by itself; `paused`: the work failed, and is retried at intervals. */
  readonly state: 'waiting' | 'paused'
  readonly error: SteerflowError
  /** Milliseconds since 1970. */
  readonly since: number
  readonly attempts: number
  /** The time of the next attempt, in milliseconds since 1970. */
  readonly next: number
}

/** Waits between attempts of work that failed for a reason that may last. */
export const pauseWaits: Backoff = { first: 1000, most: 60_000 }
/** Minimum time between two reports of outages that come and go, in milliseconds. */
const tellAgainMs = 60_000

/** Keeps the trouble of a partition, and reports it when it begins, when its reason changes, and when it is over. */
export class PartitionTrouble {
  #current: Trouble | null = null
  /** Whether the present trouble was reported. */
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

  /** The work failed for the `attempts`th time, and is retried after `waitMs`. */
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

  /** The failing work passes again; a trouble of the other kind stays. */
  over(state: Trouble['state']): void {
    const before = this.#current
    if (before?.state !== state) return
    this.#current = null
    if (this.#told) this.report({ event: 'resumed', ...this.of, seconds: (this.now() - this.#began) / 1000 })
    this.#told = false
  }

  /** The failing work is not retried any more. */
  forget(state: Trouble['state']): void {
    if (this.#current?.state !== state) return
    this.#current = null
    this.#told = false
  }
}

/** What to do about a failure: wait as for something unavailable, or as in a pause; null: pass it on. */
type Patience = (error: SteerflowError) => Trouble['state'] | null

/** Waits while something is unavailable. */
export const whileAway: Patience = error => (error.kind === 'transient' ? 'waiting' : null)

/**
 * Waits whatever the reason, for work that can be repeated unchanged, such as a refused commit. Fencing, bugs of this
 * program and errors that no retry can remove are passed on.
 */
export const whateverPasses: Patience = error => {
  if (error.code === 'STEERFLOW_FENCED' || error.code === 'STEERFLOW_BUG' || error.kind === 'permanent') return null
  return error.kind === 'transient' ? 'waiting' : 'paused'
}

/** Repeats the work of a partition for as long as `patience` says, and keeps its trouble. Ends early with `signal`. */
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
