import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { localFolder } from '../../src/adapters/storage/local-folder.js'
import { openShards } from '../../src/adapters/storage/shard-store.js'
import { datasetBy } from '../../src/domain/dataset-rule.js'
import { fileJudge } from '../../src/domain/shard-garbage.js'
import { shardsFolder } from '../../src/domain/shard-name.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { type CloseReason, portsOf } from '../../src/stages/stage.js'
import { seal } from '../../src/stages/seal.js'
import { faultsOf, type Published } from '../support/sealed-checker.js'
import { at, conversation } from '../support/training.js'

const rule = 'bootstrap-{origin}'

interface Given {
  readonly origin: string
  readonly split: 'train' | 'validation'
  readonly set: string
  /** What happens behind this record, once: the process dies, or dies between sealing and committing the cut. */
  readonly accident: 'none' | 'dies' | 'dies after sealing'
}

/** Seals a partition's records as the runtime does; after each accident with the next bound on the cut. */
async function sealAll(
  root: string,
  published: readonly Published[],
  given: readonly Given[],
  bounds: readonly number[],
) {
  const store = await openShards(root)
  const manifests: ShardManifest[] = []
  const happened = new Set<number>()
  let committed = 0
  for (let life = 0; committed < published.length; life++) {
    const options = seal.options.parse({ dataset: rule, records: bounds[life % bounds.length] })
    const fold = seal.create({ options, needs: { shards: store }, to: portsOf(seal.ports) })
    let group: Awaited<ReturnType<typeof fold.open>> | null = null
    for (let offset = committed; offset < published.length; offset++) {
      const place = at({ topic: 't', offset: BigInt(offset) })
      group ??= await fold.open(place)
      await fold.step(group, published[offset]!.record, place)
      const last = offset === published.length - 1
      const reason: CloseReason | null = fold.full(group, 0) ?? (last ? 'idle' : null)
      const { accident } = given[offset]!
      const dies = accident !== 'none' && !happened.has(offset)
      if (dies) happened.add(offset)
      if (dies && !(accident === 'dies after sealing' && reason)) break
      if (!reason) continue
      const emissions = await fold.close(group, BigInt(offset + 1), reason)
      if (dies) break
      manifests.push(...emissions.map(({ value }) => value.manifest!))
      committed = offset + 1
      group = null
    }
    if (group) await fold.drop(group)
  }
  return { manifests, committed }
}

const given: fc.Arbitrary<Given> = fc.record({
  origin: fc.constantFrom('1', '2', '3'),
  split: fc.constantFrom('train', 'validation'),
  set: fc.constantFrom('oasst-12-lang@1', 'oasst-12-lang@1', 'helpsteer-5@1'),
  accident: fc.constantFrom('none', 'none', 'none', 'none', 'dies', 'dies after sealing'),
})

/** Of two records the process dies when both are sealed; the next life, whose cuts are larger, leaves that file behind. */
const plain: Given = { origin: '1', split: 'train', set: 'oasst-12-lang@1', accident: 'none' }
const sealedTwice: Given[] = [plain, { ...plain, accident: 'dies after sealing' }, plain]

it('however datasets, splits, attribute sets and accidents are interleaved, every record is in one live file', async () => {
  let garbage = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(given, { minLength: 1, maxLength: 25 }),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
      async (given, bounds) => {
        const root = await mkdtemp(join(tmpdir(), 'steerflow-test-'))
        try {
          const published = given.map(({ origin, split, set }, index): Published => {
            const record = conversation(`record-${index}`, { origin, split, attribute_set: set })
            return { partition: 0, offset: BigInt(index), dataset: datasetBy(rule, record), record }
          })
          const { manifests, committed } = await sealAll(root, published, given, bounds)
          const files = localFolder(root)
          expect(await faultsOf(files, published, manifests)).toEqual([])
          const judge = fileJudge({ committed: () => BigInt(committed), manifests })
          const states = []
          for await (const { name } of files.list(shardsFolder)) states.push(judge(name))
          expect(states.filter(state => state === 'live')).toHaveLength(manifests.length)
          garbage += states.filter(state => state === 'garbage').length
          expect(states.every(state => state === 'live' || state === 'garbage')).toBe(true)
        } finally {
          await rm(root, { recursive: true, force: true })
        }
      },
    ),
    { numRuns: 40, examples: [[sealedTwice, [2, 3]]] },
  )
  // The accidents do leave something.
  expect(garbage).toBeGreaterThan(0)
})
