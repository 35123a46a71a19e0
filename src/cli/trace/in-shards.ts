import { type FileStore } from '../../adapters/storage/file-store.js'
import { linesOf } from '../../adapters/storage/shard-lines.js'
import { type Conversation } from '../../domain/conversation.js'
import { explain } from '../../domain/errors.js'
import { type ShardLine } from '../../domain/lineage/trace.js'
import { type ShardManifest } from '../../domain/shard.js'
import { conversationIn, type Wanted } from './wanted.js'

export interface InShard {
  readonly conversation: Conversation
  readonly line: ShardLine
}

export interface InShards {
  readonly found: readonly InShard[]
  /** Shards that could not be read, with the reason. */
  readonly unreadable: readonly string[]
}

/** Looks for records in shards; `live` tells whether a manifest counts. */
export async function searchShards(
  files: FileStore,
  manifests: readonly ShardManifest[],
  live: (manifest: ShardManifest) => boolean,
  wanted: Wanted,
): Promise<InShards> {
  const found: InShard[] = []
  const unreadable: string[] = []
  for (const manifest of manifests) {
    try {
      let line = 0
      for await (const batch of linesOf(files.read(manifest.path))) {
        for (const text of batch) {
          line++
          const conversation = conversationIn(text, wanted)
          if (conversation) found.push({ conversation, line: place(manifest, line, live(manifest)) })
        }
      }
    } catch (thrown) {
      unreadable.push(explain(thrown))
    }
  }
  return { found, unreadable }
}

const place = (manifest: ShardManifest, line: number, live: boolean): ShardLine => {
  const { dataset, version, split, path, topic, partition, from, to } = manifest
  return { dataset, version, live, split, path, line, topic, partition, from, to }
}
