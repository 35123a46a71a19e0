import { type FileStore } from '../../adapters/storage/file-store.js'
import { shardLines } from '../../adapters/storage/shard-lines.js'
import { explain } from '../../domain/errors.js'
import { type ShardManifest } from '../../domain/shard.js'

/** What a shard was found to be. */
export interface Verified {
  readonly path: string
  readonly records: number
  /** Null when it is what was sealed. */
  readonly problem: string | null
}

/** Reads shards to their end and compares them with their manifests. */
export async function* verifyShards(files: FileStore, manifests: readonly ShardManifest[]): AsyncIterable<Verified> {
  for (const manifest of manifests) {
    let records = 0
    let problem: string | null = null
    try {
      for await (const batch of shardLines(files, manifest)) records += batch.length
    } catch (error) {
      problem = explain(error)
    }
    yield { path: manifest.path, records, problem }
  }
}
