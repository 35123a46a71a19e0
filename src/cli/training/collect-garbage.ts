import type { FileStore } from '../../adapters/storage/file-store.js'
import { fileJudge, type FileState } from '../../domain/shard-garbage.js'
import { shardsFolder } from '../../domain/shard-name.js'
import type { Log } from '../../runtime/log.js'
import type { Node } from '../../stages/node.js'
import { shards as topic } from '../../topics.js'
import { readWholeTopic } from '../read-topic.js'

export interface GarbageRequest {
  readonly log: Log
  readonly files: FileStore
  /** The sealing nodes. */
  readonly seals: readonly Node[]
  /** The nodes that read shards of older versions until they have passed them. */
  readonly triggers: readonly string[]
  /** True to also remove files that belong only to older dataset versions. */
  readonly older: boolean
  readonly dryRun: boolean
}

/** A removed file, or an abandoned upload. */
export interface Garbage {
  readonly path: string
  /** Null if unknown. */
  readonly bytes: number | null
  readonly why: 'no manifest' | 'older version' | 'unfinished upload'
}

export interface KeptFiles {
  readonly live: number
  readonly older: number
  readonly open: number
  readonly foreign: number
}

/**
 * Removes files that nothing will ever refer to, and yields each; returns the numbers of kept files by category. Files are
 * judged as they are listed, so a list may have any length. Safe beside a running pipeline, even if that is killed; unsafe
 * while offsets of a seal are moved back.
 * @throws errors of the store and the log; files removed before stay removed
 */
export async function* collectGarbage(request: GarbageRequest): AsyncGenerator<Garbage, KeptFiles> {
  const { files, dryRun } = request
  const { judge, olderGo } = await known(request)

  const kept: Record<Exclude<FileState, 'garbage'>, number> = { live: 0, older: 0, open: 0, foreign: 0 }
  for await (const { name: path, bytes } of files.list(shardsFolder)) {
    const state = judge(path)
    if (state !== 'garbage' && !(state === 'older' && olderGo)) {
      kept[state]++
      continue
    }
    if (!dryRun) await files.remove(path)
    yield { path, bytes, why: state === 'garbage' ? 'no manifest' : 'older version' }
  }
  for await (const { name: path, remove } of files.unfinished?.(shardsFolder) ?? []) {
    // A file that is complete by now was uploaded again by a later process.
    const state = judge(path)
    if (state === 'open' || state === 'foreign') continue
    if (!dryRun) await remove()
    yield { path, bytes: null, why: 'unfinished upload' }
  }
  return kept
}

/** The facts for judging files. Offsets are read before manifests (shard-garbage.ts explains why). */
async function known({ log, seals, triggers, older }: GarbageRequest) {
  const offsets = new Map<string, ReadonlyMap<number, bigint>[]>()
  for (const { name, from } of seals) {
    offsets.set(from.name, [...(offsets.get(from.name) ?? []), await log.committed(name, from.name)])
  }
  const committed = (of: string, partition: number): bigint | null => {
    const groups = offsets.get(of)
    if (!groups) return null
    return groups.map(group => group.get(partition) ?? 0n).reduce((least, at) => (at < least ? at : least))
  }
  const events = await readWholeTopic(log, topic)
  const manifests = events.flatMap(({ manifest }) => (manifest ? [manifest] : []))
  // A snapshot requested before the newer version may still be in progress.
  const seen = older ? await Promise.all(triggers.map(trigger => log.committed(trigger, topic.name))) : []
  const states = older ? await log.state(topic.name) : []
  const olderGo = older && seen.every(by => states.every(({ partition, end }) => (by.get(partition) ?? 0n) >= end))
  return { judge: fileJudge({ committed, manifests }), olderGo }
}
