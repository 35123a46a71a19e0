import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import type { Fleet } from '../../adapters/inference/fleet.js'
import { asSteerflowError, type SteerflowError } from '../../domain/errors.js'
import type { AskedServers } from '../doctor/answers.js'
import { refuseContradictions, serverChecks } from '../doctor/contradictions.js'

/**
 * Sends a request or two to each value model server while work starts. The returned function checks the results.
 * @throws (by the returned function) STEERFLOW_CONFIG_INVALID if every server refuses a plain request and none has answered
 * anything since, or if one ignores its guided decoding
 */
export function serverRefusal(
  spec: EndpointsSpec | null,
  asked: AskedServers,
  fleet: Pick<Fleet, 'stats'>,
): () => void {
  const found: { refusal?: SteerflowError; guided?: SteerflowError } = {}
  const [answers, guided] = serverChecks(() => [spec, asked])
  for (const [what, check] of [
    ['refusal', answers],
    ['guided', guided],
  ] as const) {
    refuseContradictions([check]).catch((thrown: unknown) => {
      const error = asSteerflowError(thrown)
      if (error.code === 'STEERFLOW_CONFIG_INVALID') found[what] = error
    })
  }
  return () => {
    if (found.guided) throw found.guided
    if (found.refusal && fleet.stats().endpoints.every(({ answered }) => answered === 0)) throw found.refusal
  }
}
