import type { ShardManifest } from './shard.js'
import { shardPlace } from './shard-name.js'

/**
 * What a stored file is:
 * - `live`: a manifest of its dataset's highest version names it;
 * - `older`: only manifests of older versions do;
 * - `open`: no manifest does, and its cut may still be committed;
 * - `garbage`: no manifest does, and none ever will: the group has gone past the offset at which its cut began;
 * - `foreign`: its name is no shard's, or of a topic that nobody seals.
 */
export type FileState = 'live' | 'older' | 'open' | 'garbage' | 'foreign'

/** What has to be known, in the order in which it has to be looked up: offsets, then manifests. Files may come at any time. */
export interface Known {
  /** Offset up to which all groups that seal it have committed a partition; null where nobody seals the topic. */
  readonly committed: (topic: string, partition: number) => bigint | null
  /** Every manifest of every dataset. */
  readonly manifests: readonly ShardManifest[]
}

/**
 * Judges files by their names. A cut begins at the committed offset and is committed together with its manifests, and only
 * where that offset is still the committed one. So when manifests are looked up after the offsets, a file below the
 * committed offset without a manifest is of a cut that was given up, and one that comes later still is of a later cut.
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
