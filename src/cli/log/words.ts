import type { EndpointsEvent } from '../../adapters/inference/endpoints/events.js'
import type { RunEvent } from '../../runtime/events.js'

/** A run event as a message. */
export function wordsOf(event: RunEvent): string {
  const place = 'partition' in event ? `${event.node}, partition ${event.partition}` : ''
  switch (event.event) {
    case 'assigned':
      return `${place}: resumes at offset ${event.offset}`
    case 'lost':
      return `${place}: handed over to another process at offset ${event.offset}`
    case 'cut':
      return `${place}: ${event.records} records from ${event.from} to ${event.to} closed by ${event.reason}`
    case 'dead-letter':
      return `${place}: the record at offset ${event.offset} was rejected: ${event.code}`
    case 'waiting':
    case 'paused':
      return `${place}: ${event.event}: ${event.code}: ${event.cause}`
    case 'resumed':
      return `${place}: resumed after ${event.seconds} s`
    case 'many-dead-letters':
      return `${event.node}: ${event.letters} of its last ${event.records} records were rejected: ${event.code}`
    case 'failed':
      return `${event.node} failed: ${event.code}: ${event.cause}`
    case 'waiting-for':
      return `waits for ${event.what}`
    case 'waited-for':
      return `no longer waits for ${event.what}`
    case 'loading':
      return `loading ${event.what}`
    case 'loaded':
      return `loaded ${event.what} in ${Math.round(event.seconds)} s`
  }
}

/** An event of inference servers as a message. */
export function endpointWords(event: EndpointsEvent): string {
  switch (event.event) {
    case 'endpoint-joined':
      return `${event.url} joined`
    case 'endpoint-left':
      return `${event.url} left`
    case 'endpoint-refused':
      return `${event.url} cannot be used: ${event.cause}`
    case 'endpoints-kept':
      return `${event.source} cannot be read, its last content stays in use: ${event.cause}`
    case 'endpoints-read':
      return `${event.source} can be read again`
    case 'endpoint-ejected':
      return `${event.url} is ejected for a while: ${event.cause}`
    case 'endpoint-returned':
      return `${event.url} answers again`
    case 'endpoint-asked':
      return `${event.url} is asked ${event.by === 'line' ? 'for whole lines' : 'attribute by attribute'}: ${event.reason}`
    case 'endpoint-silent':
      return `${event.url}: ${event.cause}`
    case 'endpoint-heard':
      return `${event.url} answered after ${event.seconds} s`
    case 'outage':
      return `no server answers: ${event.cause}`
    case 'outage-over':
      return `servers answer again after ${event.seconds} s`
  }
}
