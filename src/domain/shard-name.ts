import type { Split } from './conversation.js'

/** The content of a shard's file name: what it holds, and where its cut began. */
export interface ShardPlace {
  readonly dataset: string
  readonly split: Split
  readonly topic: string
  readonly partition: number
  readonly from: bigint
}

/** The prefix of every shard's name. */
export const shardsFolder = 'shards/'

const pattern = /^shards\/([^/]+)\/(train|validation)\/(.+)-(\d+)-(\d+)-[0-9a-f]{16}\.jsonl$/

/**
 * The place of a sealed file in its store (docs/shards.md#files). The digest distinguishes files of cuts that began at the
 * same offset, so that a name never stands for other bytes.
 */
export const shardName = ({ dataset, split, topic, partition, from }: ShardPlace, sha256: string): string =>
  `${shardsFolder}${dataset}/${split}/${topic}-${partition}-${from}-${sha256.slice(0, 16)}.jsonl`

/** Parses a shard's name; null if it is not one. */
export function shardPlace(name: string): ShardPlace | null {
  const found = pattern.exec(name)
  if (!found) return null
  const [, dataset, split, topic, partition, from] = found
  return { dataset: dataset!, split: split as Split, topic: topic!, partition: Number(partition), from: BigInt(from!) }
}
