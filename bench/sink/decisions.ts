import { attributeSets } from '../../src/domain/attributes.js'
import type { Snapshot } from '../../src/domain/job.js'
import type { ShardEvent } from '../../src/domain/shard.js'
import { encode, node } from '../../src/stages/node.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { trigger } from '../../src/stages/trigger.js'
import { jobs, shards } from '../../src/topics.js'
import { type Figure, figure } from '../figure.js'
import { sized } from '../sizes.js'

const count = sized(10_000, 50)

const { attributes } = attributeSets['oasst-12@1']
/** As a seal counts them: every value of every attribute occurs. */
const labels = {
  turns: 20_000,
  labelled: 20_000,
  values: Object.fromEntries(
    attributes.map(({ key }, index) => [key, { 0: 4000 + index, 1: 4000 - index, 2: 4000, 3: 4000, 4: 4000 }]),
  ),
}

/** One sealed shard of 10,000 records, by number. */
const sealed = (index: number): ShardEvent => ({
  dataset: 'steerlm',
  event: 'sealed',
  at: null,
  manifest: {
    dataset: 'steerlm',
    version: 1,
    split: index % 20 === 0 ? 'validation' : 'train',
    path: `shards/steerlm/train/conversations.scored-${index % 4}-${index * 10_000}-0123456789abcdef.jsonl`,
    topic: 'conversations.scored',
    partition: index % 4,
    from: String(index * 10_000),
    to: String((index + 1) * 10_000),
    records: 10_000,
    bytes: 20_000_000,
    sha256: String(index).padStart(64, '0'),
    attribute_set: 'oasst-12-lang@1',
    reason: 'records',
    labels,
  },
})

const snapshot: Snapshot = {
  dataset: 'steerlm',
  digest: '0'.repeat(64),
  path: '',
  train: 95_000_000,
  validation: 5_000_000,
  attribute_set: 'oasst-12-lang@1',
}

/**
 * What a decision costs where a dataset has 10,000 shards: to read them all, as a start does, and the decision when the
 * sources have ended. The snapshot, which is another figure, is left out.
 */
export async function decisions(): Promise<Figure[]> {
  const deciding = node('trigger', trigger, { from: shards, to: { jobs } })
  const capabilities = { snapshots: { materialise: () => Promise.resolve(snapshot) } } as unknown as Capabilities
  const events = Array.from({ length: count }, (_, index) => encode(shards, sealed(index)).value)
  const idle: ShardEvent = { dataset: 'steerlm', event: 'idle', at: new Date(0).toISOString(), manifest: null }
  const rebuilt: number[] = []
  const decided: number[] = []
  for (let round = 0; round <= sized(7, 1); round++) {
    const runner = deciding.start(
      { datasets: { steerlm: { trainer: 'nemo-aligner', when: { newSinceLast: 1e12 } } } },
      capabilities,
    )
    if (runner.kind !== 'lasting') throw new Error('the trigger is a lasting fold')
    const at = (offset: number) => ({
      topic: shards.name,
      partition: 0,
      offset: BigInt(offset),
      timestamp: 0,
      signal: new AbortController().signal,
    })
    const started = performance.now()
    for (const [offset, value] of events.entries()) runner.step(value, at(offset))
    for (const { value } of runner.timer(0)) runner.step(value, at(count))
    const read = performance.now()
    const emitted = await runner.step(encode(shards, idle).value, at(count + 1))()
    if (emitted.length !== 1) throw new Error(`${emitted.length} decisions`)
    if (round === 0) continue
    rebuilt.push(read - started)
    decided.push(performance.now() - read)
  }
  return [
    figure('10,000 shards read again, as at a start', null, 'none', 'ms', rebuilt),
    figure('a decision over 10,000 shards, without its snapshot', null, 'none', 'ms', decided),
  ]
}
