import { z } from 'zod'
import { conversationLine } from '../domain/conversation-line.js'
import { Conversation } from '../domain/conversation.js'
import { DatasetRule, datasetBy } from '../domain/dataset-rule.js'
import { ageSeconds } from '../domain/duration.js'
import { LabelCounter } from '../domain/label-counts.js'
import { ShardEvent, type ShardManifest } from '../domain/shard.js'
import type { ShardCut } from './needs.js'
import { closingFold } from './stage.js'

const SealOptions = z.strictObject({
  dataset: DatasetRule.default('steerlm').describe(
    'dataset that a record belongs to; {origin} stands for the origin of the record',
  ),
  version: z.int().positive().default(1).describe('dataset version; raise it to seal the same records again'),
  records: z.int().positive().default(10_000).describe('number of records at which a cut is sealed'),
  bytes: z
    .int()
    .min(1024)
    .default(64 << 20)
    .describe('number of bytes at which a cut is sealed'),
  ageSeconds: ageSeconds().default(300).describe('age in seconds at which a cut is sealed, however small'),
})

/** The open cut of a partition. */
interface OpenCut {
  readonly cut: ShardCut
  /** The attribute set of each dataset's first record in the cut. */
  readonly attributeSets: Map<string, string>
  changed: boolean
  /** When `full` was first called, in milliseconds of a monotonic clock; a rebuilt cut starts again at age 0. */
  since: number | null
  /** The label counts of its files. */
  readonly labels: Map<string, LabelCounter>
}

type FileKey = Pick<ShardManifest, 'dataset' | 'split' | 'attribute_set'>

/** The label counter of a file of the cut, created on first use. */
function labelsOf({ labels }: OpenCut, { dataset, split, attribute_set }: FileKey): LabelCounter {
  const key = `${dataset} ${split} ${attribute_set}`
  const counter = labels.get(key) ?? new LabelCounter()
  labels.set(key, counter)
  return counter
}

/**
 * Writes the records of a partition into shard files. A cut has one file for each dataset, split and attribute set; all of
 * them are sealed at one offset.
 */
export const seal = closingFold({
  name: 'seal',
  summary: 'Seals conversations into immutable shard files with manifests.',
  needs: ['shards'],
  input: Conversation,
  ports: { shards: ShardEvent },
  options: SealOptions,
  create: ({ options, needs, to }) => ({
    open: async ({ topic, partition, offset, signal }): Promise<OpenCut> => {
      const { version } = options
      const cut = await needs.shards.begin({ version, topic, partition, from: offset, signal })
      return { cut, attributeSets: new Map(), changed: false, since: null, labels: new Map() }
    },
    step: (open, record) => {
      const { split, attribute_set: attributeSet } = record.steerflow
      const dataset = datasetBy(options.dataset, record)
      const first = open.attributeSets.get(dataset) ?? attributeSet
      open.attributeSets.set(dataset, first)
      open.changed ||= first !== attributeSet
      labelsOf(open, { dataset, split, attribute_set: attributeSet }).add(record)
      return open.cut.append({ dataset, split, attributeSet }, conversationLine(record))
    },
    full: (open, now) => {
      open.since ??= now
      if (open.changed) return 'schema'
      if (open.cut.records >= options.records) return 'records'
      if (open.cut.bytes >= options.bytes) return 'bytes'
      return now - open.since >= options.ageSeconds * 1000 ? 'age' : null
    },
    close: async (open, end, reason) => {
      const manifests = await open.cut.seal(end)
      return manifests.map(sealed => {
        const manifest = { ...sealed, reason, labels: labelsOf(open, sealed).counts() }
        return to.shards({ dataset: sealed.dataset, event: 'sealed', at: null, manifest })
      })
    },
    made: ({ value: { manifest } }) => {
      const { dataset, split, path, records, bytes } = manifest!
      return { dataset, split, path, records, bytes }
    },
    drop: ({ cut }) => cut.drop(),
  }),
})
