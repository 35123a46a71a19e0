import type { Answer, Generation } from '../protocols/protocol.js'

/** What an answer was worth. */
export interface Accepted<T> {
  readonly value: T
  /** The questions (`Work.question`) that it shows the server to answer; none: it shows nothing. */
  readonly proves: readonly string[]
}

/** A prompt for a certain endpoint, and how to read the answer. */
export interface Attempt<T> {
  readonly generation: Generation
  /** @throws STEERFLOW_INFERENCE_ANSWER when the answer is not what was asked for. */
  accept(answer: Answer): Accepted<T>
}
