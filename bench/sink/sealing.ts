import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { openShards } from '../../src/adapters/storage/shard-store.js'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { Conversation } from '../../src/domain/conversation.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import type { Log } from '../../src/runtime/log.js'
import { PipelineRun } from '../../src/runtime/pipeline-run.js'
import { readAll } from '../../src/runtime/read-all.js'
import { encode, node, reader } from '../../src/stages/node.js'
import type { Capabilities, ShardStore } from '../../src/stages/needs.js'
import { seal } from '../../src/stages/seal.js'
import { topic } from '../../src/stages/topic.js'
import { deadLetters, scored, shards } from '../../src/topics.js'

/** Records of one shard, as a run cuts them. */
export const shardRecords = 10_000

/** Writes a log of its own with the first so many conversations, all in one partition. */
export async function filledLog(dir: string, at: (index: number) => Conversation, records: number): Promise<Log> {
  const log = await openEmbeddedLog({ dir })
  await log.ensure([{ ...scored, partitions: 1 }, { ...shards, partitions: 1 }, deadLetters])
  for (let from = 0; from < records; from += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, records - from) }, (_, index) => at(from + index))
    await log.publish(batch.map(one => encode(scored, one)))
  }
  return log
}

/** Seals everything in the log by a node of that name, as a run does, below `root`. */
export async function sealAll(log: Log, root: string, name: string, dataset: string): Promise<void> {
  const sealing = node(name, seal, { from: topic({ ...scored }), to: { shards }, options: { dataset } })
  await new PipelineRun({
    log,
    nodes: [sealing],
    deadLetters: deadLetters.name,
    capabilities: { shards: await openShards(root) } as Capabilities,
    options: () => ({}),
    concurrency: () => 1,
    sourcesEnded: () => true,
    untilIdle: true,
  }).run()
}

/** The manifests of a dataset that were published. */
export async function manifestsOf(log: Log, dataset: string): Promise<readonly ShardManifest[]> {
  const read = reader(shards)
  const found: ShardManifest[] = []
  for await (const { value } of readAll(log, shards.name)) {
    const { manifest } = read(value)
    if (manifest?.dataset === dataset) found.push(manifest)
  }
  return found
}

/** Lines of shards, made before any clock starts. */
export const linesOf = (at: (index: number) => Conversation, records: number): readonly string[] =>
  Array.from({ length: records }, (_, index) => Buffer.from(conversationLine(at(index))).toString('utf8'))

/** Seals these lines, a shard each time, as a partition's cut does: spool, digest, sync, final name. Returns manifests. */
export async function sealLines(store: ShardStore, lines: readonly string[], dataset: string) {
  const sealed: Omit<ShardManifest, 'reason'>[] = []
  for (let from = 0; from < lines.length; from += shardRecords) {
    const end = Math.min(from + shardRecords, lines.length)
    const cut = await store.begin({ version: 1, topic: 'lines', partition: 0, from: BigInt(from) })
    for (let at = from; at < end; at++) {
      await cut.append({ dataset, split: 'train', attributeSet: 'oasst-12-lang@1' }, lines[at]!)
    }
    sealed.push(...(await cut.seal(BigInt(end))))
  }
  return sealed
}

/** The bytes of shards as they are, in pieces of 256 KiB, in files that are synced once each. */
export async function writeBare(folder: string, shards: readonly (readonly Buffer[])[]): Promise<void> {
  await mkdir(folder)
  for (const [index, pieces] of shards.entries()) {
    const file = await open(join(folder, String(index)), 'wx')
    for (const piece of pieces) await file.writeFile(piece)
    await file.sync()
    await file.close()
  }
}

/** The same lines as bytes, cut into pieces. */
export function piecesOf(lines: readonly string[], size = 1 << 18): readonly (readonly Buffer[])[] {
  const shards: Buffer[][] = []
  for (let from = 0; from < lines.length; from += shardRecords) {
    const bytes = Buffer.from(`${lines.slice(from, from + shardRecords).join('\n')}\n`)
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.byteLength; at += size) pieces.push(bytes.subarray(at, at + size))
    shards.push(pieces)
  }
  return shards
}
