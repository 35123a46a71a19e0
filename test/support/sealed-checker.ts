import { createHash } from 'node:crypto'
import type { FileStore } from '../../src/adapters/storage/file-store.js'
import { shardLines } from '../../src/adapters/storage/shard-lines.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { explain } from '../../src/domain/errors.js'
import { liveManifests, type ShardManifest } from '../../src/domain/shard.js'
import { shardsFolder } from '../../src/domain/shard-name.js'

/** A record of the sealed topic, where it stands, and the dataset that it belongs to. */
export interface Published {
  readonly partition: number
  readonly offset: bigint
  readonly dataset: string
  readonly record: Conversation
}

/** What is wrong with sealed shards; nothing, when every record is in one live file of the right place. */
export async function faultsOf(
  files: FileStore,
  published: readonly Published[],
  manifests: readonly ShardManifest[],
): Promise<readonly string[]> {
  const datasets = [...new Set(manifests.map(({ dataset }) => dataset))]
  const live = datasets.flatMap(name => liveManifests(manifests.filter(({ dataset }) => dataset === name)))
  return [...(await ofRecords(files, published, live)), ...ofRanges(live), ...(await ofFiles(files, live))]
}

/** Each record once, in a file whose manifest says where it belongs. */
async function ofRecords(files: FileStore, published: readonly Published[], live: readonly ShardManifest[]) {
  const faults: string[] = []
  const expected = new Map(published.map(one => [one.record.steerflow.id, one]))
  const seen = new Set<string>()
  for (const manifest of live) {
    try {
      for await (const batch of shardLines(files, manifest)) {
        for (const line of batch) {
          const { steerflow } = JSON.parse(line.toString('utf8')) as Conversation
          const found = expected.get(steerflow.id)
          if (seen.has(steerflow.id)) faults.push(`${steerflow.id} twice, at last in ${manifest.path}`)
          else if (!found) faults.push(`${steerflow.id} was never published`)
          else if (!belongs(found, manifest)) faults.push(`${steerflow.id} in the wrong file ${manifest.path}`)
          seen.add(steerflow.id)
        }
      }
    } catch (error) {
      faults.push(explain(error))
    }
  }
  return [...faults, ...[...expected.keys()].filter(id => !seen.has(id)).map(id => `${id} is missing`)]
}

const belongs = ({ partition, offset, dataset, record: { steerflow } }: Published, manifest: ShardManifest): boolean =>
  manifest.partition === partition &&
  BigInt(manifest.from) <= offset &&
  offset < BigInt(manifest.to) &&
  manifest.dataset === dataset &&
  manifest.split === steerflow.split &&
  manifest.attribute_set === steerflow.attribute_set

/** Cuts of a partition neither overlap nor leave anything between them. */
function ofRanges(live: readonly ShardManifest[]): readonly string[] {
  const faults: string[] = []
  for (const partition of new Set(live.map(manifest => manifest.partition))) {
    const ends = new Map<bigint, bigint>()
    for (const { from, to } of live.filter(manifest => manifest.partition === partition)) {
      const other = ends.get(BigInt(from))
      if (other !== undefined && other !== BigInt(to)) faults.push(`${partition}: two cuts from ${from}`)
      ends.set(BigInt(from), BigInt(to))
    }
    let last: bigint | null = null
    for (const [from, to] of [...ends].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (last !== null && from !== last) faults.push(`${partition}: a cut ends at ${last}, the next begins at ${from}`)
      last = to
    }
  }
  return faults
}

/** Whatever has a shard's name holds what the name says, whether a manifest names it or not; and all of the live are there. */
async function ofFiles(files: FileStore, live: readonly ShardManifest[]): Promise<readonly string[]> {
  const faults: string[] = []
  const there = new Set<string>()
  for await (const { name } of files.list(shardsFolder)) {
    there.add(name)
    const hash = createHash('sha256')
    for await (const chunk of files.read(name)) hash.update(chunk)
    if (!name.includes(hash.digest('hex').slice(0, 16))) faults.push(`${name} is torn`)
  }
  return [...faults, ...live.filter(({ path }) => !there.has(path)).map(({ path }) => `${path} is gone`)]
}
