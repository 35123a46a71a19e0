import type { AttributeSet } from '../../../domain/attributes.js'
import { asSteerflowError, explain, type SteerflowError } from '../../../domain/errors.js'
import type { Fleet } from '../fleet.js'
import { shownUrl } from '../credentials.js'
import { addressOf, type DeclaredEndpoint } from './declared.js'
import type { EndpointsReport } from './events.js'
import { type EndpointsSpec, watchEndpoints } from './watch.js'

export interface FollowOptions {
  readonly fleet: Pick<Fleet, 'addEndpoint' | 'removeEndpoint'>
  /** The attributes that the servers have to predict. */
  readonly set: AttributeSet
  readonly report: EndpointsReport
  /** Milliseconds between two reads of files (1,000). */
  readonly everyMs?: number
}

export interface Following {
  /** Ends the watch; the fleet keeps its endpoints. */
  stop(): void
}

/**
 * Keeps the endpoints of a working fleet equal to its sources: servers join and leave, and a server with a changed
 * declaration (its model, protocol, key) leaves and joins. Resolves when the fleet has the first list.
 * @throws the errors of `watchEndpoints`, and STEERFLOW_CONFIG_INVALID if a server of the first list cannot be used.
 *   Later such a server is reported and left out.
 */
export async function followEndpoints(spec: EndpointsSpec, options: FollowOptions): Promise<Following> {
  const { fleet, set, report } = options
  const stop = new AbortController()
  const members = new Map<string, string>()
  const refused: SteerflowError[] = []
  let started = false

  const leave = (url: string): void => {
    members.delete(url)
    void fleet.removeEndpoint(url)
    report({ event: 'endpoint-left', url: shownUrl(url) })
  }
  const join = (endpoint: DeclaredEndpoint, spelled: string): void => {
    const { url } = endpoint
    members.set(url, spelled)
    try {
      fleet.addEndpoint(addressOf(endpoint, set, spec.protocols))
      report({ event: 'endpoint-joined', url: shownUrl(url) })
    } catch (error) {
      if (!started) refused.push(asSteerflowError(error))
      report({ event: 'endpoint-refused', url: shownUrl(url), cause: explain(error) })
    }
  }
  await watchEndpoints(
    spec,
    endpoints => {
      const now = new Map(endpoints.map(endpoint => [endpoint.url, endpoint]))
      // Joining comes first: a fleet that changes all its servers is never without one.
      for (const [url, endpoint] of now) {
        const spelled = JSON.stringify(endpoint)
        if (members.get(url) === spelled) continue
        if (members.has(url)) leave(url)
        join(endpoint, spelled)
      }
      for (const url of [...members.keys()]) if (!now.has(url)) leave(url)
    },
    { report, signal: stop.signal, ...(options.everyMs !== undefined && { everyMs: options.everyMs }) },
  )
  started = true
  if (refused[0]) {
    stop.abort()
    throw refused[0]
  }
  return { stop: () => stop.abort() }
}
