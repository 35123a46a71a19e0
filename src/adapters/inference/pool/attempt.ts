import type { Answer, Generation } from '../protocols/protocol.js'

export interface Accepted<T> {
  readonly value: T
  /** The questions (`Work.question`) that it proves the server to answer; may be empty. */
  readonly proves: readonly string[]
}

/** A prompt for one endpoint, and the function that reads its answer. */
export interface Attempt<T> {
  readonly generation: Generation
  /** @throws STEERFLOW_INFERENCE_ANSWER if the answer does not fit the question. */
  accept(answer: Answer): Accepted<T>
}
