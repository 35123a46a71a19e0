import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileJudge } from '../../src/domain/shard-garbage.js'
import { shardName, shardPlace } from '../../src/domain/shard-name.js'
import { manifest } from '../support/training.js'

const sha256 = 'a'.repeat(64)
const place = { dataset: 'd', split: 'train', topic: 'conversations.labelled-clean', partition: 3, from: 40n } as const

describe('a shard’s name', () => {
  it('gives back the place that it was made from', () => {
    expect(shardName(place, sha256)).toBe(`shards/d/train/conversations.labelled-clean-3-40-${'a'.repeat(16)}.jsonl`)
    const dataset = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,9}$/)
    const topic = fc.stringMatching(/^[a-z][a-z.0-9-]{0,12}$/)
    fc.assert(
      fc.property(
        dataset,
        topic,
        fc.nat(),
        fc.bigInt({ min: 0n, max: 1n << 63n }),
        (dataset, topic, partition, from) => {
          const given = { dataset, split: 'validation', topic, partition, from } as const
          expect(shardPlace(shardName(given, sha256))).toEqual(given)
        },
      ),
    )
  })

  it.each(['shards/d/train/x.jsonl', 'shards/d/test/t-0-0-aaaaaaaaaaaaaaaa.jsonl', 'datasets/d/latest.json'])(
    'is not %s',
    name => expect(shardPlace(name)).toBeNull(),
  )
})

describe('a file', () => {
  const name = (from: bigint, given: object = {}) => shardName({ ...place, from, ...given }, sha256)
  const of = (from: bigint, version: number) =>
    manifest({ dataset: 'd', version, path: name(from), from: `${from}`, to: `${from + 10n}` })
  const judge = fileJudge({
    committed: (topic, partition) =>
      topic === place.topic && partition === 3 ? 50n : topic === place.topic ? 0n : null,
    manifests: [of(0n, 1), of(10n, 1), of(0n, 2)],
  })

  it.each([
    ['live', 'its dataset’s highest version names it, though older ones do too', name(0n)],
    ['older', 'only older versions name it', name(10n)],
    ['garbage', 'its cut began before the committed offset and no manifest names it', name(49n)],
    ['open', 'its cut may be committed yet', name(50n)],
    ['open', 'nothing of its partition is committed', name(0n, { partition: 4 })],
    ['foreign', 'nobody seals its topic', name(0n, { topic: 'other' })],
    ['foreign', 'it is no shard', 'shards/d/readme'],
  ])('is %s when %s', (state, _, path) => expect(judge(path)).toBe(state))
})
