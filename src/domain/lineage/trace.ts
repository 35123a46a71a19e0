import type { Change, Conversation } from '../conversation.js'
import type { JobEvent } from '../job.js'
import type { ModelRecord } from '../model.js'

/** The place in the log of the record, or of an earlier form of it. */
export interface Hop {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** When it was published, ISO 8601. */
  readonly at: string
  /** The node that published it. */
  readonly node: string
  /** The nodes that read the topic, and whether each has read this record. */
  readonly readers: readonly { readonly node: string; readonly done: boolean }[]
}

/** The end of the record, or of an earlier form of it, at a node. */
export interface Ending {
  readonly kind: 'dropped' | 'dead-letter'
  readonly node: string
  /** The rule that dropped it, or the error code. */
  readonly reason: string
  readonly detail: string
  /** Topic, partition and offset of that record. */
  readonly place: string
  readonly at: string
  /** Whether the dead letter has been replayed since. */
  readonly replayed: boolean
}

/** A line of a sealed shard, with the offsets that the shard holds. */
export interface ShardLine {
  readonly dataset: string
  readonly version: number
  /** Whether this is the live version. */
  readonly live: boolean
  readonly split: string
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly topic: string
  readonly partition: number
  readonly from: string
  readonly to: string
}

/** A snapshot of a dataset that was made from a shard with the record. */
export interface SnapshotLine {
  readonly dataset: string
  readonly digest: string
  readonly path: string
  /** The place of the record in it; null if it was left out: superseded, a duplicate, or forgotten. */
  readonly at: { readonly file: string; readonly line: number } | null
}

/** A digest and the properties of its model; null if no model with that digest was ever on record. */
export interface KnownModel {
  readonly digest: string
  readonly model: string | null
  readonly state: string | null
  readonly job: string | null
  readonly snapshot: string | null
}

/** Everything known about a record, from its source to the models that learnt from it. */
export interface Trace {
  readonly id: string
  readonly tree_id: string
  readonly type: string
  readonly split: string
  readonly split_rule: string
  readonly origin: string
  readonly source: { readonly digest: string; readonly line: number; readonly names: readonly string[] }
  /** The digest of the options that shaped it, and whether they are those of the current configuration. */
  readonly configuration: { readonly digest: string; readonly present: boolean }
  /** The changes that stages made to its text, in order. */
  readonly changes: readonly Change[]
  /** The models that touched it, in order. */
  readonly models: readonly KnownModel[]
  readonly hops: readonly Hop[]
  readonly endings: readonly Ending[]
  readonly shards: readonly ShardLine[]
  readonly snapshots: readonly SnapshotLine[]
  /** The jobs on snapshots that contain it, in their last states. */
  readonly jobs: readonly { readonly job: string; readonly state: string; readonly snapshot: string }[]
  /** The models that those jobs made. */
  readonly learnt: readonly KnownModel[]
}

/** The findings about a record in the log, in files, and in the control topics. */
export interface FoundRecord {
  readonly conversation: Pick<Conversation, 'tree_id' | 'type' | 'steerflow'>
  readonly names: readonly string[]
  /** The digest of the current configuration. */
  readonly configuration: string
  readonly hops: readonly Hop[]
  readonly endings: readonly Ending[]
  readonly shards: readonly ShardLine[]
  readonly snapshots: readonly SnapshotLine[]
  readonly jobs: readonly JobEvent[]
  /** Records of the registry, oldest first. */
  readonly models: readonly ModelRecord[]
}

/** The properties of a model in its last record in the registry. */
export function knownModel(digest: string, records: readonly ModelRecord[]): KnownModel {
  const last = records.findLast(record => record.digest === digest)
  if (!last) return { digest, model: null, state: null, job: null, snapshot: null }
  const { model, state, job, snapshot } = last
  return { digest, model, state, job: job || null, snapshot: snapshot || null }
}

/** Assembles a trace from the findings: jobs and models are those of the snapshots that contain the record. */
export function assemble(found: FoundRecord): Trace {
  const { tree_id, type, steerflow } = found.conversation
  const { id, split, split_rule, origin, lineage } = steerflow
  const holding = new Set(found.snapshots.filter(({ at }) => at !== null).map(({ digest }) => digest))
  const learnt = new Set(found.models.filter(({ snapshot }) => holding.has(snapshot)).map(({ digest }) => digest))
  return {
    id,
    tree_id,
    type,
    split,
    split_rule,
    origin,
    source: { digest: lineage.source, line: lineage.line, names: found.names },
    configuration: { digest: lineage.configuration, present: lineage.configuration === found.configuration },
    changes: lineage.changes ?? [],
    models: lineage.models.map(digest => knownModel(digest, found.models)),
    hops: found.hops,
    endings: found.endings,
    shards: found.shards,
    snapshots: found.snapshots,
    jobs: found.jobs
      .filter(({ snapshot }) => holding.has(snapshot.digest))
      .map(({ job, state, snapshot }) => ({ job, state, snapshot: snapshot.digest })),
    learnt: [...learnt].map(digest => knownModel(digest, found.models)),
  }
}
