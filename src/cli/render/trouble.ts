import type { TroubleReport } from '../../adapters/workers/nodes-file.js'
import { duration } from './progress.js'

/** Why partitions of a node are stuck, with the first cause for all of them; null if none is. */
export function troubleOf(troubles: readonly TroubleReport[], now = Date.now()): string | null {
  const first = troubles.find(({ state }) => state === 'paused') ?? troubles[0]
  if (!first) return null
  const seconds = (time: string): number => Math.round((Date.parse(time) - now) / 1000)
  const partitions = troubles.map(({ partition }) => partition).join(', ')
  const again = seconds(first.next) > 0 ? `next retry in ${duration(seconds(first.next))}` : 'retrying now'
  const since = duration(Math.max(0, -seconds(first.since)))
  return `${first.state} (partition ${partitions}) for ${since}: ${first.code}: ${first.cause}; ${again}`
}
