import { z } from 'zod'
import { BootstrapPrompt, Sampled, ScoredSample } from './domain/bootstrap/candidates.js'
import { loopOf, Outcome } from './domain/bootstrap/outcome.js'
import { RoundEvent } from './domain/bootstrap/round.js'
import { conversationLine } from './domain/conversation-line.js'
import { Conversation, Dropped, Raw } from './domain/conversation.js'
import { digest } from './domain/digest.js'
import { Forgotten } from './domain/forgotten.js'
import { JobEvent } from './domain/job.js'
import { deepest } from './domain/json/json.js'
import { ModelRecord } from './domain/model.js'
import { ShardEvent } from './domain/shard.js'
import { topic, type Topic } from './stages/topic.js'

/**
 * Every topic. `npm run generate` derives `topics/*.yaml` and `schemas/*.json` from this file, for operators and other
 * languages.
 */

const forever = { keep: 'forever' } as const

const conversations = (name: string, summary: string, family = 'conversations'): Topic<typeof Conversation> =>
  topic({
    name: `${family}.${name}`,
    summary,
    record: Conversation,
    key: { name: 'tree_id', of: record => record.tree_id },
    partitions: 4,
    retention: forever,
    write: conversationLine,
  })

export const raw = topic({
  name: 'conversations.raw',
  summary: 'Source records, unchanged, one tree or thread each.',
  record: Raw,
  key: { name: 'tree_id', of: record => rawKey(record.record) },
  // The envelope adds one level to the nesting of a source record.
  deepest: deepest.source + 1,
  partitions: 4,
  retention: forever,
})

export const labelled = conversations('labelled', 'Paths with human labels, for the value model (TEXT_TO_VALUE).')
export const unscored = conversations('unscored', 'Paths to be annotated, for the steerable model (VALUE_TO_TEXT).')
export const labelledClean = conversations('labelled-clean', 'Labelled paths with at least one learnt token.')
export const unscoredClean = conversations('unscored-clean', 'Unscored paths with at least one learnt token.')
export const annotated = conversations('annotated', 'Paths with the labels that the value model predicted.')
export const scored = conversations('scored', 'Annotated paths, cleaned again; for downstream consumers.')

export const relabelled = conversations(
  'relabelled',
  'Annotated paths with the labels of another model beside their own.',
)

export const dropped = topic({
  name: 'conversations.dropped',
  summary: 'Paths that a clean stage left out, and parts of source records, with the reason.',
  record: Dropped,
  key: {
    name: 'tree_id, or source:line',
    of: ({ conversation, part }) => conversation?.tree_id ?? `${part?.source ?? ''}:${part?.line ?? 0}`,
  },
  partitions: 4,
  retention: forever,
})

export const shards = topic({
  name: 'training.shards',
  summary: 'Manifests of sealed shard files, and the moments at which the sources of a dataset ended.',
  record: ShardEvent,
  key: { name: 'dataset', of: record => record.dataset },
  partitions: 1,
  retention: forever,
})

export const forgotten = topic({
  name: 'training.forgotten',
  summary: 'Trees that all later snapshots leave out.',
  record: Forgotten,
  key: { name: 'tree_id', of: record => record.tree_id },
  partitions: 1,
  retention: forever,
})

export const jobs = topic({
  name: 'training.jobs',
  summary: 'Every step in the life of every training job, with the decision that asked for it.',
  record: JobEvent,
  key: { name: 'dataset', of: record => record.dataset },
  partitions: 1,
  retention: forever,
})

export const models = topic({
  name: 'models',
  summary: 'The model registry: registered, active, retired.',
  record: ModelRecord,
  key: { name: 'role', of: record => record.role },
  partitions: 1,
  retention: forever,
})

export const rounds = topic({
  name: 'bootstrap.rounds',
  summary: 'Every step in the life of every bootstrap round, and what the stop rule decided.',
  record: RoundEvent,
  key: { name: 'loop', of: record => record.loop },
  partitions: 1,
  retention: forever,
})

/** A topic of prompts on their way through a round; prompts of one tree keep their order. */
const ofPrompts = <R extends typeof BootstrapPrompt | typeof Sampled | typeof ScoredSample>(
  name: string,
  summary: string,
  record: R,
): Topic<R> =>
  topic({
    name: `bootstrap.${name}`,
    summary,
    record,
    key: { name: 'tree_id', of: ({ tree_id }) => tree_id },
    partitions: 4,
    retention: forever,
  })

export const prompts = ofPrompts(
  'prompts',
  'Prompts of bootstrap rounds with the requested attribute line.',
  BootstrapPrompt,
)
export const candidates = ofPrompts('candidates', 'Prompts with their sampled answers.', Sampled)
export const scoredSamples = ofPrompts(
  'scored',
  'Prompts with their answers, each scored by the value model of the round.',
  ScoredSample,
)

export const accepted = conversations('accepted', 'Answers that the gate lets through, as conversations.', 'bootstrap')
export const acceptedClean = conversations(
  'accepted-clean',
  'Accepted answers that a trainer can learn from.',
  'bootstrap',
)

export const outcomes = topic({
  name: 'bootstrap.outcomes',
  summary: 'The end of every prompt of a round, with every decision, and of every answer that passed the gate.',
  record: Outcome,
  key: { name: 'loop', of: record => loopOf(record.round) },
  partitions: 1,
  retention: forever,
})

/** The file name of a source, since records name it by its digest alone, and the beginnings by which it is recognised. */
export const SourceName = z
  .strictObject({
    source: z.string().describe('sha256 of the source when its first records were taken in'),
    name: z.string().describe('name of the file, without its folder'),
    at: z.string().describe('when something of it was last taken in, ISO 8601'),
    taken: z
      .array(
        z.strictObject({
          bytes: z
            .int()
            .describe('length of a beginning of the source, expanded, with one byte for each end of a line'),
          digest: z.string().describe('sha256 of these bytes'),
        }),
      )
      .optional()
      .describe('beginnings of the source, from short to long; the last one is all that is known of it'),
    only: z.string().optional().describe('what it was taken in for, where that was said'),
  })
  .meta({ title: 'SourceName' })
export type SourceName = z.output<typeof SourceName>

export const sources = topic({
  name: 'ingest.sources',
  summary: 'File names of the sources that records name by digest, and the beginnings by which a source is recognised.',
  record: SourceName,
  key: { name: 'source, only', of: ({ source, only }) => (only ? `${source}-${only}` : source) },
  partitions: 1,
  retention: { keep: 'latest' },
})

/** Marks a dead letter as replayed; written in the transaction of the replayed record. */
export const ReplayMark = z
  .strictObject({ letter: z.string().describe('partition:offset in dead-letters') })
  .meta({ title: 'ReplayMark' })

export const replayed = topic({
  name: 'dead-letters.replayed',
  summary: 'Dead letters that were replayed, so that a second replay does nothing.',
  record: ReplayMark,
  key: { name: 'letter', of: record => record.letter },
  partitions: 1,
  retention: forever,
})

/** Holds the original bytes of records that could not pass, whatever they contain; the headers hold the rest. */
export const deadLetters = {
  name: 'dead-letters',
  key: { name: 'the key of the original' },
  summary:
    'Records that could not pass: original key and value untouched; code, node, cause and origin in the headers.',
  partitions: 1,
  retention: forever,
} as const

/** Has no records: the committed offset of group `ingest.<digest>` here says how far that source was taken in. */
export const ingestProgress = 'ingest.progress'

/** The topics whose records have a schema, in the order of the flow. */
export const topics: readonly Topic[] = [
  raw,
  labelled,
  unscored,
  labelledClean,
  unscoredClean,
  annotated,
  scored,
  relabelled,
  dropped,
  shards,
  forgotten,
  jobs,
  models,
  rounds,
  prompts,
  candidates,
  scoredSamples,
  accepted,
  acceptedClean,
  outcomes,
  replayed,
  sources,
]

/** The specifications that a log needs for these topics and the dead letters: name, partitions and retention. */
export const specsOf = (of: readonly Topic[]) =>
  [...of, deadLetters].map(({ name, partitions, retention }) => ({ name, partitions, retention }))

/** The specifications of the built-in topics. */
export const topicSpecs = specsOf(topics)

/** Keeps the records of a tree in order: the tree's id where the source has one, otherwise a digest of its texts. */
export function rawKey(record: Readonly<Record<string, unknown>>): string {
  for (const key of ['message_tree_id', 'tree_id', 'id', 'conversation_id']) {
    const value = record[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return digest(...beginning(record))
}

/** The first strings of a record, found without recursion: a record may be nested 100,000 levels deep. */
function beginning(record: unknown): string[] {
  const found: string[] = []
  for (let open = [record]; open.length > 0 && found.length < 4;) {
    const next: unknown[] = []
    for (const value of open) {
      if (typeof value === 'string') found.push(value)
      else if (typeof value === 'object' && value !== null)
        next.push(...(Object.values(value) as unknown[]).slice(0, 16))
    }
    open = next.slice(0, 64)
  }
  return found
}
