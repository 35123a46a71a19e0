import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '../../src/adapters/log/open.js'
import type { JobEvent, JobState } from '../../src/domain/job.js'
import type { ModelRecord } from '../../src/domain/model.js'
import type { ShardEvent } from '../../src/domain/shard.js'
import type { Output } from '../../src/runtime/log.js'
import { encode } from '../../src/stages/node.js'
import { preprocess } from '../../src/stages/preprocess.js'
import { deadLetters, jobs, models, raw, shards, topicSpecs } from '../../src/topics.js'

const digestOf = (at: number): string => at.toString(16).padStart(64, '0')
const jobOf = (at: number): string => `many-${digestOf(at).slice(-12)}-none`

function job(at: number, state: JobState): JobEvent {
  const digest = digestOf(at)
  const attempt = ['requested', 'refused'].includes(state) ? 0 : 1
  return {
    ...{ job: jobOf(at), dataset: 'many', state, attempt, trainer: 'none', launcher: 'render', settings: {} },
    snapshot: {
      dataset: 'many',
      digest,
      path: `datasets/many/${digest}`,
      train: 1,
      validation: 1,
      attribute_set: 'oasst-12-lang@1',
    },
    decision: { train: true, rule: 'new>=1', values: {} },
    ...{ host: null, folder: null, detail: `the ${at}th of many`, model: null },
  }
}

const shard = (at: number): ShardEvent => ({
  ...{ dataset: 'many', event: 'sealed', at: null },
  manifest: {
    ...{ dataset: 'many', version: 1, split: 'train', topic: 'conversations.labelled-clean', partition: 0 },
    path: `shards/many/train/conversations.labelled-clean-0-${at}-${digestOf(at).slice(-16)}.jsonl`,
    ...{ from: String(at), to: String(at + 1), records: 1, bytes: 1, sha256: digestOf(at) },
    ...{ attribute_set: 'oasst-12-lang@1', reason: 'records' },
  },
})

const model = (name: string, state: ModelRecord['state']): ModelRecord => ({
  ...{ model: name, role: 'value', digest: name, path: '', kind: 'external', attribute_set: 'oasst-12-lang@1' },
  ...{ dataset: '', snapshot: '', job: '', metrics: [], state, reason: 'rule: written for a test' },
})

const letter = (at: number): Output => ({
  ...{ topic: deadLetters.name, key: null, value: Buffer.from(`{"at":${at}}`) },
  headers: {
    ...{ code: 'STEERFLOW_STAGE_FAILED', node: preprocess.name, cause: `the ${at}th of many` },
    ...{ 'origin-topic': raw.name, 'origin-partition': '0', 'origin-offset': String(at) },
  },
})

/**
 * Writes a data folder whose lists are longer than a pipe: so many shards, dead letters and jobs. All jobs have failed
 * but the last, which is only requested; the log of the first is long. Of two models, A and B, B is active.
 */
export async function writeManyRecords(root: string, count: number) {
  const log = await openLog(root)
  await log.ensure(topicSpecs)
  const all = Array.from({ length: count }, (_, at) => at)
  const failed = (at: number) => (['requested', 'launching', 'failed'] as const).map(state => job(at, state))
  const states = all.flatMap(at => (at === count - 1 ? [job(at, 'requested')] : failed(at)))
  await log.publish([
    ...all.map(letter),
    ...all.map(at => encode(shards, shard(at))),
    ...states.map(event => encode(jobs, event)),
    ...(
      [
        ['A', 'registered'],
        ['A', 'active'],
        ['B', 'registered'],
        ['A', 'retired'],
        ['B', 'active'],
      ] as const
    ).map(([name, state]) => encode(models, model(name, state))),
  ])
  await log.close()
  const attempt = join(root, 'jobs', jobOf(0), 'attempt-1')
  mkdirSync(attempt, { recursive: true })
  writeFileSync(join(attempt, 'log'), `${'x'.repeat(8_000)}\n`.repeat(20))
  return { failed: jobOf(0), requested: jobOf(count - 1) }
}
