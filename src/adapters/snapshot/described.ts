import { type AttributeSet } from '../../domain/attributes.js'
import { type Published } from '../../domain/dataset/croissant.js'
import { type Snapshot } from '../../domain/job.js'
import { type ShardManifest } from '../../domain/shard.js'
import { type DataFile } from './data-files.js'
import { type MixFacts } from './mix/round-mix.js'
import { type LeftOut } from './select.js'

/** A snapshot with everything that is told of it. */
export interface Described {
  readonly snapshot: Snapshot
  readonly sets: readonly AttributeSet[]
  readonly files: readonly DataFile[]
  readonly leftOut: LeftOut
  /** What the data of a round is made of; null of every other dataset. */
  readonly mix: MixFacts | null
  readonly shards: readonly ShardManifest[]
  readonly published: Published
}
