import { appendFile, cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { localFolder } from '../../src/adapters/storage/local-folder.js'
import { openShards } from '../../src/adapters/storage/shard-store.js'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { temporary } from './pipelines.js'
import { faultsOf, type Published } from './sealed-checker.js'
import { temporaryFolder } from './temporary.js'
import { attributeSetName, conversation } from './training.js'

const sealed = temporary.forSuite()
let manifests: readonly ShardManifest[]
const published: readonly Published[] = ['a', 'b', 'c', 'd'].map((id, at) => ({
  partition: 0,
  offset: BigInt(at),
  dataset: 'd',
  record: conversation(id, { split: id === 'c' ? 'validation' : 'train' }),
}))

beforeAll(async () => {
  const store = await openShards(sealed)
  const made: ShardManifest[] = []
  for (const from of [0, 2]) {
    const cut = await store.begin({ version: 1, topic: 't', partition: 0, from: BigInt(from) })
    for (const { record } of published.slice(from, from + 2)) {
      const { split } = record.steerflow
      await cut.append({ dataset: 'd', split, attributeSet: attributeSetName }, conversationLine(record))
    }
    made.push(...(await cut.seal(BigInt(from + 2))).map(one => ({ ...one, reason: 'records' as const })))
  }
  manifests = made
})

async function faults(given: readonly ShardManifest[], damage: (root: string) => Promise<unknown> = async () => null) {
  const root = await temporaryFolder()
  await cp(sealed, root, { recursive: true })
  await damage(root)
  return faultsOf(localFolder(root), published, given)
}

describe('the checker of sealed shards', () => {
  it('has nothing to say where there is nothing', async () => expect(await faults(manifests)).toEqual([]))

  it.each([
    ['a manifest is missing', () => faults(manifests.slice(1)), 'a is missing'],
    ['a manifest stands twice', () => faults([...manifests, manifests[0]!]), 'a twice'],
    ['a file is torn', () => faults(manifests, root => appendFile(join(root, manifests[0]!.path), 'x')), 'is torn'],
    ['a file is gone', () => faults(manifests, root => rm(join(root, manifests[0]!.path))), 'is gone'],
    [
      'a file is in the wrong split',
      () => faults(manifests.map(one => ({ ...one, split: 'train' as const }))),
      'c in the',
    ],
    ['cuts overlap', () => faults(manifests.map((one, at) => (at === 0 ? { ...one, to: '3' } : one))), 'ends at 3'],
    [
      'a cut has two ends',
      () => faults(manifests.map((one, at) => (at === 1 ? { ...one, to: '5' } : one))),
      'two cuts',
    ],
  ])('sees that %s', async (_, found, text) => expect((await found()).join('\n')).toContain(text))
})
