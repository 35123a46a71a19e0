import { asSteerflowError, type SteerflowError } from '../../domain/errors.js'
import type { Config } from '../config.js'
import { annotateChecks, refuseContradictions } from '../doctor/contradictions.js'
import type { Opened } from './capabilities.js'

/**
 * Sends one request to each value model server while a run starts. The returned function checks the result.
 * @throws (by the returned function) STEERFLOW_CONFIG_INVALID if every server refuses a plain request and none has answered
 * anything since
 */
export function serverRefusal(config: Config, opened: Pick<Opened, 'fleet'>): () => void {
  let refusal: SteerflowError | null = null
  refuseContradictions(annotateChecks(config)).catch((thrown: unknown) => {
    const error = asSteerflowError(thrown)
    if (error.code === 'STEERFLOW_CONFIG_INVALID') refusal = error
  })
  return () => {
    if (refusal && opened.fleet.stats().endpoints.every(({ answered }) => answered === 0)) throw refusal
  }
}
