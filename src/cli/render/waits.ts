import type { EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { type Wait, type WaitEvent, Waits } from '../../runtime/waits.js'
import type { Io, Screen } from '../command.js'
import { duration } from './progress.js'

/** Shortest wait to report, in milliseconds. */
const worthMs = 2_000

/** Loads and waits of a run as text; empty if there are none, or only short ones. */
export function waitsNote(
  { waits, loads }: { readonly waits: readonly Wait[]; readonly loads: readonly Wait[] },
  now = Date.now(),
): string {
  const said = (verb: string, all: readonly Wait[]): readonly string[] => {
    const long = all.filter(({ since }) => now - since >= worthMs)
    if (long.length === 0) return []
    return [`${verb} ${long.map(({ what, since }) => `${what} (${duration((now - since) / 1000)})`).join(', ')}`]
  }
  return [...said('loading', loads), ...said('waits for', waits)].join('; ')
}

/** Reports problems of a source of servers, or of all of them, to a person. */
export const tellServers =
  (io: Pick<Io, 'err'>): EndpointsReport =>
  event => {
    if (event.event === 'endpoint-heard') io.err(`${event.url}: answered after ${duration(event.seconds)}\n`)
    if (event.event === 'outage-over') io.err(`servers answer again after ${duration(event.seconds)}\n`)
    // Problems of a single server show in the figures, and most are temporary.
    if (!('cause' in event) || event.event === 'endpoint-ejected') return
    const about = 'url' in event ? event.url : 'source' in event ? event.source : 'no server answers, waiting'
    io.err(`${about}: ${event.cause}\n`)
  }

/** Prints waits and loads when they start and end. */
export const tellWaits =
  (io: Pick<Io, 'err'>) =>
  (event: WaitEvent): void =>
    io.err(`${waitWords(event)}\n`)

function waitWords(event: WaitEvent): string {
  switch (event.event) {
    case 'waiting-for':
      return `waits for ${event.what}`
    case 'waited-for':
      return `no longer waits for ${event.what}`
    case 'loading':
      return `loading ${event.what}`
    case 'loaded':
      return `loaded ${event.what} in ${duration(event.seconds)}`
  }
}

/** Reports loads before a command opens its log, such as that of a flow: as text at a terminal, otherwise as a log line. */
export const earlyLoads = (screen: Screen): Waits =>
  new Waits(event => {
    if (screen.interactive) return tellWaits(screen)(event)
    // Imported on demand, since few commands load for long. The command itself reports an invalid log level.
    import('../logger.js')
      .then(({ openLogger, reportTo }) => reportTo(openLogger(screen, null))(event))
      .catch(() => undefined)
  })
