import { SteerflowError } from '../../domain/errors.js'
import type { Opened } from './capabilities.js'

/** A limit on outages; `signal` aborts with STEERFLOW_OUTAGE when one lasts too long. */
export interface OutageLimit {
  readonly signal: AbortSignal
  release(): void
}

/** The error of an outage that exceeded the limit. */
export const outageError = (retryForMs: number, cause: string): SteerflowError =>
  new SteerflowError('STEERFLOW_OUTAGE', `no server has answered for ${retryForMs / 1000} s: ${cause}`)

/** Aborts when servers have not answered for `retryForMs` milliseconds; null: never. */
export function outageLimit(opened: Pick<Opened, 'outage'>, retryForMs: number | null): OutageLimit {
  const control = new AbortController()
  const look = setInterval(() => {
    const now = opened.outage()
    if (now && retryForMs !== null && now.ms >= retryForMs) control.abort(outageError(retryForMs, now.cause))
  }, 100).unref()
  return { signal: control.signal, release: () => clearInterval(look) }
}
