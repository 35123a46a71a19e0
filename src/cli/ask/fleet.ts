import { type AnsweringFleet, openAnsweringFleet } from '../../adapters/inference/answering-fleet.js'
import type { EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { SteerflowError } from '../../domain/errors.js'
import { attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf, promptTokensOf } from '../config.js'

/** The configured SteerLM model servers. */
export interface Answering {
  readonly fleet: AnsweringFleet
  close(): Promise<void>
}

export interface AnsweringSettings {
  /** Receives events: endpoints that join, leave, are ejected or return, and outages. */
  readonly report?: EndpointsReport
  /** Prompts per request, if the protocol allows several; default: tuned at run time. */
  readonly batch?: number
}

/**
 * Opens the configured SteerLM model servers.
 * @param retryForMs limit on the wait during an outage; null: no limit
 * @throws STEERFLOW_USAGE if none is configured, and errors of the endpoints
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
      'no server of a SteerLM model is configured: set sample.endpoints, or give --endpoint URL',
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
