import type { DeclaredEndpoint } from './declared.js'
import { type EndpointsSpec, watchEndpoints } from './watch.js'

/** The endpoints of all sources now, and the sources that cannot be read. */
export interface CurrentEndpoints {
  readonly endpoints: readonly DeclaredEndpoint[]
  readonly problems: readonly string[]
}

/** Reads every source once. @throws the errors of `watchEndpoints`. */
export async function currentEndpoints(spec: EndpointsSpec): Promise<CurrentEndpoints> {
  const stop = new AbortController()
  const problems: string[] = []
  let endpoints: readonly DeclaredEndpoint[] = []
  const report = (event: { readonly event: string; readonly source?: string; readonly cause?: string }): void => {
    if (event.event === 'endpoints-kept') problems.push(`${event.source}: ${event.cause}`)
  }
  try {
    await watchEndpoints(spec, list => (endpoints = list), { report, signal: stop.signal })
  } finally {
    stop.abort()
  }
  return { endpoints, problems }
}
