import { type AnsweringFleet, openAnsweringFleet } from '../../adapters/inference/answering-fleet.js'
import type { EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { SteerflowError } from '../../domain/errors.js'
import { attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf, promptTokensOf } from '../config.js'

/** The SteerLM model servers of a configuration. */
export interface Answering {
  readonly fleet: AnsweringFleet
  close(): Promise<void>
}

export interface AnsweringSettings {
  /** Hears of endpoints that come and go, of those that are ejected and return, and of outages. */
  readonly report?: EndpointsReport
  /** Prompts in one request, where the protocol takes several; left out: found by trying. */
  readonly batch?: number
}

/**
 * Opens the SteerLM model servers of a configuration.
 * @param retryForMs how long an outage is waited for; null: for ever
 * @throws STEERFLOW_USAGE when none are set, and what the endpoints throw.
 */
export async function openAnswering(
  config: Config,
  retryForMs: number | null,
  { report = () => undefined, batch }: AnsweringSettings = {},
): Promise<Answering> {
  const { inFlight, deadlineSeconds } = config.sample
  const sources = endpointsOf(config, 'sample')
  if (!sources) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      'no server of a SteerLM model is set: sample.endpoints, or --endpoint URL',
    )
  }
  const fleet = openAnsweringFleet({
    endpoints: [],
    tokens: promptTokensOf(config),
    deadlineMs: deadlineSeconds * 1000,
    retryForMs,
    report,
    ...(batch !== undefined && { batch }),
    ...(inFlight !== null && { mostInFlight: inFlight }),
  })
  try {
    const following = await followEndpoints(sources, { fleet, set: attributeSetOf(config), report })
    return {
      fleet,
      close: () => {
        following.stop()
        return fleet.close()
      },
    }
  } catch (error) {
    await fleet.close()
    throw error
  }
}
