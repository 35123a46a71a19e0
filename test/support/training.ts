import type { Conversation, Provenance, Split } from '../../src/domain/conversation.js'
import type { JobEvent, Snapshot } from '../../src/domain/job.js'
import type { AttributeMetric, ModelRecord, TrainedModel } from '../../src/domain/model.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import type { At } from '../../src/stages/stage.js'

/** Literals of the training records for tests: everything valid, and only what a test is about given. */

export const attributeSetName = 'oasst-12-lang@1'

interface Given extends Partial<Omit<Provenance, 'lineage'>> {
  readonly tree?: string
  readonly source?: string
  readonly line?: number
  readonly text?: string
}

export function conversation(id: string, given: Given = {}): Conversation {
  const { tree = `tree-of-${id}`, source = 'file', line = 1, text = `text of ${id}`, ...provenance } = given
  return {
    conversations: [
      { value: 'Why?', from: 'User', label: null },
      { value: text, from: 'Assistant', label: 'quality:4,lang:en' },
    ],
    tree_id: tree,
    system: 'S',
    mask: 'User',
    type: 'VALUE_TO_TEXT',
    steerflow: {
      id,
      split: 'train',
      split_rule: 'source',
      origin: 'oasst-tree',
      lineage: { source, line, configuration: 'c', models: [] },
      scores: null,
      value_model: null,
      attribute_set: attributeSetName,
      ...provenance,
    },
  }
}

export const at = (given: Partial<At> = {}): At => ({
  topic: 'conversations.scored',
  partition: 0,
  offset: 0n,
  timestamp: 0,
  signal: new AbortController().signal,
  ...given,
})

export const manifest = (given: Partial<ShardManifest> & { readonly split?: Split } = {}): ShardManifest => ({
  dataset: 'steerlm',
  version: 1,
  split: 'train',
  path: 'shards/steerlm/train/x.jsonl',
  topic: 'conversations.scored',
  partition: 0,
  from: '0',
  to: '10',
  records: 10,
  bytes: 100,
  sha256: 'f'.repeat(64),
  attribute_set: attributeSetName,
  reason: 'records',
  ...given,
})

export const snapshot: Snapshot = {
  dataset: 'value-model',
  digest: 'd'.repeat(64),
  path: `datasets/value-model/${'d'.repeat(64)}`,
  train: 10,
  validation: 1,
  attribute_set: attributeSetName,
}

export const job = (given: Partial<JobEvent> = {}): JobEvent => ({
  job: 'value-model-dddddddddddd-baseline',
  dataset: 'value-model',
  state: 'requested',
  attempt: 0,
  trainer: 'baseline',
  launcher: 'exec',
  settings: {},
  snapshot,
  decision: { train: true, rule: 'records>=1 and new>=1', values: { records: 10, new: 10 } },
  host: null,
  folder: null,
  detail: null,
  model: null,
  ...given,
})

export const metric = (spearman: number | null, low: number | null = null): AttributeMetric => ({
  attribute: 'quality',
  turns: 100,
  spearman,
  spearman_low: low,
  spearman_high: null,
  spearman_length: 0.4,
  mae: 0.8,
  mae_constant: 0.9,
})

export const trained = (digest: string, metrics: readonly AttributeMetric[]): TrainedModel => ({
  model: `value-model-${digest.slice(0, 12)}`,
  role: 'value',
  digest,
  path: 'jobs/j/attempt-1/output/model.json',
  kind: 'baseline',
  attribute_set: attributeSetName,
  dataset: 'value-model',
  snapshot: snapshot.digest,
  job: 'j',
  metrics: [...metrics],
})

/** A model as `launch` registers it: its digest is that letter again and again. */
export const registered = (letter: string, metrics: readonly AttributeMetric[] = []): ModelRecord => ({
  ...trained(letter.repeat(64), metrics),
  state: 'registered',
  reason: 'trained by j',
})
