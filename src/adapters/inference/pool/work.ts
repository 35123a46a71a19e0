import { type Attempt } from './attempt.js'
import { type Endpoint } from './endpoint.js'

/** Something to ask the fleet. */
export interface Work<T> {
  /** Digest of the model that has to answer. */
  readonly model: string
  readonly signal: AbortSignal
  /** Called when an endpoint has been chosen, at every attempt. */
  attempt(endpoint: Endpoint): Attempt<T>
}
