import { SteerflowError } from '../../domain/errors.js'
import type { Opened } from './capabilities.js'

/** A bound for outages; `signal` is aborted with STEERFLOW_OUTAGE when one has lasted for too long. */
export interface OutageLimit {
  readonly signal: AbortSignal
  release(): void
}

/** The error of an outage that was waited for long enough. */
export const outageError = (retryForMs: number, cause: string): SteerflowError =>
  new SteerflowError('STEERFLOW_OUTAGE', `no server has given what was asked in ${retryForMs / 1000} s: ${cause}`)

/** Ends a work whose servers have not answered for so many milliseconds; null: never. */
export function outageLimit(opened: Pick<Opened, 'outage'>, retryForMs: number | null): OutageLimit {
  const control = new AbortController()
  const look = setInterval(() => {
    const now = opened.outage()
    if (now && retryForMs !== null && now.ms >= retryForMs) control.abort(outageError(retryForMs, now.cause))
  }, 100).unref()
  return { signal: control.signal, release: () => clearInterval(look) }
}
