import { z } from 'zod'
import { conversationLine } from '../domain/conversation-line.js'
import { Conversation } from '../domain/conversation.js'
import { DatasetName, ShardEvent } from '../domain/shard.js'
import { type ShardCut, type ShardStore } from './needs.js'
import { fold } from './stage.js'

const SealOptions = z.strictObject({
  dataset: DatasetName.default('steerlm').describe('dataset that the shards belong to'),
  version: z.int().positive().default(1).describe('dataset version; raise it to seal the same records anew'),
  records: z.int().positive().default(10_000).describe('records after which a cut is made'),
  bytes: z
    .int()
    .positive()
    .default(64 << 20)
    .describe('bytes after which a cut is made'),
  ageSeconds: z.number().positive().default(300).describe('seconds after which an open cut is made, however small'),
})

/** The open cut of a partition. */
interface OpenCut {
  readonly cut: ShardCut
  /** When it was first asked for its age, in milliseconds since 1970; a rebuilt cut is young again. */
  since: number | null
}

/**
 * Writes the records of a partition into shard files: one cut is one file a split and attribute set, all of which are
 * sealed at one offset.
 */
export const seal = fold<{ readonly shards: ShardStore }>()({
  name: 'seal',
  summary: 'Seals conversations into immutable shard files with manifests.',
  groups: 'closing',
  input: Conversation,
  ports: { shards: ShardEvent },
  options: SealOptions,
  create: ({ options, needs, to }) => ({
    open: async ({ topic, partition, offset }): Promise<OpenCut> => {
      const { dataset, version } = options
      return { cut: await needs.shards.begin({ dataset, version, topic, partition, from: offset }), since: null }
    },
    step: ({ cut }, record) => {
      const { split, attribute_set } = record.steerflow
      return cut.append({ split, attributeSet: attribute_set }, conversationLine(record))
    },
    full: (open, now) => {
      open.since ??= now
      if (open.cut.attributeSets.size > 1) return 'schema'
      if (open.cut.records >= options.records) return 'records'
      if (open.cut.bytes >= options.bytes) return 'bytes'
      return now - open.since >= options.ageSeconds * 1000 ? 'age' : null
    },
    close: async ({ cut }, end, reason) => {
      const manifests = await cut.seal(end)
      return manifests.map(manifest =>
        to.shards({ dataset: options.dataset, event: 'sealed', at: null, manifest: { ...manifest, reason } }),
      )
    },
    drop: ({ cut }) => cut.drop(),
  }),
})
