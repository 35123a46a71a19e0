import type { EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import type { Wait, WaitEvent } from '../../runtime/waits.js'
import type { Io } from '../command.js'
import { duration } from './progress.js'

/** Waits that are over sooner are not worth a word. */
const worthMs = 2_000

/** What a run waits for, in words; empty when it is nothing, or only for a moment. */
export function waitsNote(waits: readonly Wait[], now = Date.now()): string {
  const long = waits.filter(({ since }) => now - since >= worthMs)
  if (long.length === 0) return ''
  return `waits for ${long.map(({ what, since }) => `${what} (${duration((now - since) / 1000)})`).join(', ')}`
}

/** Says to a person what is wrong with a source of servers, or with all of them. */
export const tellServers =
  (io: Pick<Io, 'err'>): EndpointsReport =>
  event => {
    if (event.event === 'endpoint-heard') io.err(`${event.url}: answers, after ${duration(event.seconds)}\n`)
    if (event.event === 'outage-over') io.err(`servers answer again, after ${duration(event.seconds)}\n`)
    // What a single server does is seen in the figures, and most of it passes.
    if (!('cause' in event) || event.event === 'endpoint-ejected') return
    const about = 'url' in event ? event.url : 'source' in event ? event.source : 'no server answers, waiting'
    io.err(`${about}: ${event.cause}\n`)
  }

/** Says waits to a person, as they begin and end. */
export const tellWaits =
  (io: Pick<Io, 'err'>) =>
  (event: WaitEvent): void =>
    io.err(event.event === 'waiting-for' ? `waits for ${event.what}\n` : `has it: ${event.what}\n`)
