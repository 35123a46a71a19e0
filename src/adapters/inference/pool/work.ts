import { type Attempt } from './attempt.js'
import { type Endpoint } from './endpoint.js'

/** Something to ask the fleet. */
export interface Work<T> {
  /** Digest of the model that has to answer. */
  readonly model: string
  /** Length of the prompt, about. */
  readonly characters: number
  readonly signal: AbortSignal
  /** The endpoint that knows the beginning of the prompt already: used if it is as free as any. */
  readonly near?: Endpoint | null
  /** Called when an endpoint has been chosen, at every attempt. */
  attempt(endpoint: Endpoint): Attempt<T>
}
