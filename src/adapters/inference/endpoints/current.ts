import type { DeclaredEndpoint } from './declared.js'
import { type EndpointsSpec, watchEndpoints } from './watch.js'

/** What the sources say now, and which of them cannot be read. */
export interface CurrentEndpoints {
  readonly endpoints: readonly DeclaredEndpoint[]
  readonly problems: readonly string[]
}

/** One look at every source. @throws what `watchEndpoints` throws. */
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
