import type { AttributeSet } from '../../../domain/attributes.js'
import type { EndpointAddress } from '../pool/endpoint.js'
import type { Guided } from '../protocols/guided.js'
import { protocolOf, type Protocols } from '../protocols/protocols.js'
import type { EndpointEntry } from './entry.js'

/** One server, as a source declares it. Plain data: two declarations are the same if their JSON is equal. */
export interface DeclaredEndpoint {
  /** Identifies the server within the fleet. May contain a user name and password: never show it as is. */
  readonly url: string
  readonly model: string | null
  readonly protocol: string
  readonly modelName: string | undefined
  readonly guided: Guided | undefined
  readonly maxInFlight: number | undefined
  readonly pricePerHour: number | undefined
  readonly metricsUrl: string | undefined
  /**
   * Sent in addition to the headers of the protocol: the API key, the host name of a DNS entry. May be secret.
   */
  readonly headers: Readonly<Record<string, string>>
}

/** Declares the server of an entry at a URL. */
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
 * The endpoint's address for the fleet.
 * @param all the known protocols (default: the built-in ones)
 * @throws STEERFLOW_CONFIG_INVALID if its protocol cannot give labels of the set.
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
