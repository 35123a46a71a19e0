import type { AttributeSet } from '../../../domain/attributes.js'
import type { EndpointAddress } from '../pool/endpoint.js'
import type { Guided } from '../protocols/guided.js'
import { protocolOf, type Protocols } from '../protocols/protocols.js'
import type { EndpointEntry } from './entry.js'

/** One server, as a source declares it. Plain data: two that are equal as JSON are the same. */
export interface DeclaredEndpoint {
  /** Identifies it within the fleet. May hold a name and password: never to be shown as it is. */
  readonly url: string
  readonly model: string | null
  readonly protocol: string
  readonly modelName: string | undefined
  readonly guided: Guided | undefined
  readonly maxInFlight: number | undefined
  readonly pricePerHour: number | undefined
  readonly metricsUrl: string | undefined
  /** Beside those of the protocol: its key, the host that its address was found under. May be secret. */
  readonly headers: Readonly<Record<string, string>>
}

/** The server that an entry stands for, at a URL. */
export const declared = (
  entry: EndpointEntry,
  url: string,
  headers: Readonly<Record<string, string>>,
): DeclaredEndpoint => ({
  url: url.replace(/\/$/, ''),
  model: entry.model ?? null,
  protocol: entry.protocol,
  modelName: entry.modelName,
  guided: entry.guided,
  maxInFlight: entry.maxInFlight,
  pricePerHour: entry.pricePerHour,
  metricsUrl: entry.metricsUrl,
  headers,
})

/**
 * What the fleet has to know of it.
 * @param all the protocols that there are; left out: those that are built in
 * @throws STEERFLOW_CONFIG_INVALID when its protocol cannot give labels of the set.
 */
export function addressOf(endpoint: DeclaredEndpoint, set: AttributeSet, all?: Protocols): EndpointAddress {
  const { url, model, headers, maxInFlight, pricePerHour, metricsUrl } = endpoint
  const options = {
    ...(endpoint.modelName !== undefined && { model: endpoint.modelName }),
    ...(endpoint.guided !== undefined && { guided: endpoint.guided }),
  }
  return {
    url,
    model,
    protocol: protocolOf(endpoint.protocol, options, set, all),
    headers,
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...(pricePerHour !== undefined && { pricePerHour }),
    ...(metricsUrl !== undefined && { metricsUrl }),
  }
}
