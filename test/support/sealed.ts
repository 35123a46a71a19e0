import { openShards } from '../../src/adapters/storage/shard-store.js'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { Conversation, Split } from '../../src/domain/conversation.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { attributeSetName } from './training.js'

/** Seals lines as they are, a shard each list. */
export async function sealLines(
  root: string,
  shards: readonly { readonly split: Split; readonly lines: readonly string[] }[],
): Promise<readonly ShardManifest[]> {
  const store = await openShards(root)
  const manifests: ShardManifest[] = []
  let from = 0n
  for (const { split, lines } of shards) {
    const cut = await store.begin({ version: 1, topic: 't', partition: 0, from })
    for (const line of lines) await cut.append({ dataset: 'd', split, attributeSet: attributeSetName }, line)
    from += BigInt(lines.length)
    manifests.push(...(await cut.seal(from)).map(manifest => ({ ...manifest, reason: 'records' as const })))
  }
  return manifests
}

/** Seals the partitions' records below a root, cut after every `every` of them. */
export async function seal(
  root: string,
  partitions: readonly (readonly Conversation[])[],
  every = 1000,
): Promise<readonly ShardManifest[]> {
  const store = await openShards(root)
  const manifests: ShardManifest[] = []
  for (const [partition, records] of partitions.entries()) {
    for (let from = 0; from < records.length; from += every) {
      const place = { version: 1, topic: 't', partition, from: BigInt(from) }
      const cut = await store.begin(place)
      const part = records.slice(from, from + every)
      for (const record of part) {
        const { split, attribute_set: attributeSet } = record.steerflow
        await cut.append({ dataset: 'd', split, attributeSet }, conversationLine(record))
      }
      const sealed = await cut.seal(BigInt(from + part.length))
      manifests.push(...sealed.map(manifest => ({ ...manifest, reason: 'records' as const })))
    }
  }
  return manifests
}
