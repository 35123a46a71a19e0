import { z } from 'zod'
import {
  readManifest,
  snapshotDatasets,
  snapshotDigests,
  type SnapshotManifest,
} from '../../adapters/snapshot/read-snapshot.js'
import { below } from '../../adapters/storage/below.js'
import { fileLines, linesOf, noLonger } from '../../adapters/storage/shard-lines.js'
import type { SnapshotLine, ShardLine } from '../../domain/lineage/trace.js'
import type { FileStore } from '../../adapters/storage/file-store.js'
import type { Conversation } from '../../domain/conversation.js'
import { explain } from '../../domain/errors.js'
import type { ShardManifest } from '../../domain/shard.js'
import { conversationIn, type Wanted } from './wanted.js'

/** The part of a snapshot's manifest that is read here. */
const Shards = z.array(z.looseObject({ path: z.string() }))
type Manifest = SnapshotManifest & { readonly shards: z.output<typeof Shards> }

/** The manifests of all snapshots in a data folder; anything else is skipped. */
async function* snapshots(root: string): AsyncGenerator<Manifest> {
  for (const dataset of await snapshotDatasets(root)) {
    for (const digest of await snapshotDigests(root, dataset)) {
      const manifest = await readManifest(root, dataset, digest).catch(() => null)
      const shards = Shards.safeParse(manifest?.shards)
      if (manifest && shards.success) yield { ...manifest, shards: shards.data }
    }
  }
}

/** The snapshots that contain any of these shards, with the line of the record in each. */
export async function searchSnapshots(
  root: string,
  shards: ReadonlySet<string>,
  id: string,
): Promise<readonly SnapshotLine[]> {
  const found: SnapshotLine[] = []
  for await (const { dataset, digest, path, shards: made } of snapshots(root)) {
    if (!made.some(shard => shards.has(shard.path))) continue
    found.push({ dataset, digest, path, at: await lineOf(root, path, id) })
  }
  return found
}

const Head = z.looseObject({ steerflow: z.looseObject({ id: z.string() }) })

async function lineOf(root: string, path: string, id: string): Promise<SnapshotLine['at']> {
  const needle = JSON.stringify(id)
  for (const file of ['train.jsonl', 'validation.jsonl']) {
    let line = 0
    for await (const batch of fileLines(below(root, path, file))) {
      for (const text of batch) {
        line++
        if (text.includes(needle) && Head.parse(JSON.parse(text)).steerflow.id === id) return { file, line }
      }
    }
  }
  return null
}

export interface InShard {
  readonly conversation: Conversation
  readonly line: ShardLine
}

export interface InShards {
  readonly found: readonly InShard[]
  /** Unreadable shards, with the cause. */
  readonly unreadable: readonly string[]
}

/** Searches shards for records; `live` tells whether a manifest is current. */
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
      for await (const batch of linesOf(noLonger(files.read(manifest.path), manifest))) {
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
