import type { TroubleReport } from '../../adapters/workers/nodes-file.js'
import { duration } from './progress.js'

/** Why some partitions of a node do not go on, in words, the first reason for all; null where all go on. */
export function troubleOf(troubles: readonly TroubleReport[], now = Date.now()): string | null {
  const first = troubles.find(({ state }) => state === 'paused') ?? troubles[0]
  if (!first) return null
  const seconds = (time: string): number => Math.round((Date.parse(time) - now) / 1000)
  const partitions = troubles.map(({ partition }) => partition).join(', ')
  const again = seconds(first.next) > 0 ? `tried again in ${duration(seconds(first.next))}` : 'being tried again'
  const since = duration(Math.max(0, -seconds(first.since)))
  return `${first.state} (partition ${partitions}) for ${since}: ${first.code}: ${first.cause}; ${again}`
}
