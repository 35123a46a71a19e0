import { reader } from '../../src/stages/node.js'
import { readAll } from '../../src/runtime/read-all.js'
import type { Log } from '../../src/runtime/log.js'
import * as topics from '../../src/topics.js'

/** What became of the records that were fed. */
export interface Account {
  /** Source records in the log. */
  readonly raw: number
  /** Conversations without labels that `preprocess` made of them. */
  readonly unscored: number
  readonly scored: number
  /** Conversations of `unscored` that are in neither `scored` nor `dropped`. */
  readonly missing: number
  /** Conversations that are in `scored` more than once. */
  readonly doubled: number
  readonly deadLetters: number
  /** Scored conversations that no live shard counts, or counts twice. */
  readonly unsealed: number
}

/** Counts by ids what came out of what went in. */
export async function account(log: Log): Promise<Account> {
  const idsOf = async (topic: typeof topics.scored): Promise<readonly string[]> => {
    const read = reader(topic)
    const ids: string[] = []
    for await (const record of readAll(log, topic.name)) ids.push(read(record.value).steerflow.id)
    return ids
  }
  const count = async (topic: string): Promise<number> => {
    let records = 0
    for await (const _ of readAll(log, topic)) records++
    return records
  }
  const unscored = await idsOf(topics.unscored)
  const scored = await idsOf(topics.scored)
  const dropped = new Set<string>()
  const readDropped = reader(topics.dropped)
  for await (const record of readAll(log, topics.dropped.name))
    dropped.add(readDropped(record.value).conversation?.steerflow.id ?? '')
  const readShard = reader(topics.shards)
  let sealed = 0
  for await (const record of readAll(log, topics.shards.name)) {
    const { manifest } = readShard(record.value)
    if (manifest?.topic === topics.scored.name) sealed += manifest.records
  }
  const distinct = new Set(scored)
  return {
    raw: await count(topics.raw.name),
    unscored: unscored.length,
    scored: scored.length,
    missing: unscored.filter(id => !distinct.has(id) && !dropped.has(id)).length,
    doubled: scored.length - distinct.size,
    deadLetters: await count(topics.deadLetters.name),
    unsealed: Math.abs(scored.length - sealed),
  }
}
