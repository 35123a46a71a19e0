import { type AttributeSet } from '../../domain/attributes.js'
import { type Published } from '../../domain/dataset/croissant.js'
import { type Snapshot } from '../../domain/job.js'
import { type ShardManifest } from '../../domain/shard.js'
import { type DataFile } from './data-files.js'
import { type LeftOut } from './select.js'

/** A snapshot with everything that is told of it. */
export interface Described {
  readonly snapshot: Snapshot
  readonly sets: readonly AttributeSet[]
  readonly files: readonly DataFile[]
  readonly leftOut: LeftOut
  readonly shards: readonly ShardManifest[]
  readonly published: Published
}
