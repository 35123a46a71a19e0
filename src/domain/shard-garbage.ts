import type { ShardManifest } from './shard.js'
import { shardPlace } from './shard-name.js'

/**
 * The state of a stored file:
 * - `live`: a manifest of its dataset's highest version names it;
 * - `older`: only manifests of older versions name it;
 * - `open`: no manifest names it, and its cut may still be committed;
 * - `garbage`: no manifest names it or ever will: the group has committed an offset after the beginning of its cut;
 * - `foreign`: its name is not a shard's, or names a topic that nobody seals.
 */
export type FileState = 'live' | 'older' | 'open' | 'garbage' | 'foreign'

/** The facts to look up, in this order: offsets, then manifests. Files may appear at any time. */
export interface Known {
  /** The offset up to which every group that seals a partition has committed it; null if nobody seals the topic. */
  readonly committed: (topic: string, partition: number) => bigint | null
  /** Every manifest of every dataset. */
  readonly manifests: readonly ShardManifest[]
}

/**
 * Judges files by their names. A cut begins at the committed offset and is committed together with its manifests, and only
 * while that offset is still the committed one. So if manifests are looked up after the offsets, a file without a manifest
 * below the committed offset belongs to an abandoned cut, and a file that appears later belongs to a later cut.
 */
export function fileJudge({ committed, manifests }: Known): (name: string) => FileState {
  const highest = new Map<string, number>()
  for (const { dataset, version } of manifests) highest.set(dataset, Math.max(version, highest.get(dataset) ?? 0))
  const live = new Set(
    manifests.flatMap(({ dataset, version, path }) => (version === highest.get(dataset) ? [path] : [])),
  )
  const known = new Set(manifests.map(({ path }) => path))
  return name => {
    if (live.has(name)) return 'live'
    if (known.has(name)) return 'older'
    const place = shardPlace(name)
    const offset = place && committed(place.topic, place.partition)
    if (!place || offset === null) return 'foreign'
    return place.from < offset ? 'garbage' : 'open'
  }
}
