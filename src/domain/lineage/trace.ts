import type { Change, Conversation } from '../conversation.js'
import type { JobEvent } from '../job.js'
import type { ModelRecord } from '../model.js'

/** A place in the log where the record stands, or what it was made of. */
export interface Hop {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** When it was published, ISO 8601. */
  readonly at: string
  /** The node that made it. */
  readonly node: string
  /** The nodes that read the topic, and whether they have read this record. */
  readonly readers: readonly { readonly node: string; readonly done: boolean }[]
}

/** Where the way of the record, or of what it is made of, ended for a node. */
export interface Ending {
  readonly kind: 'dropped' | 'dead-letter'
  readonly node: string
  /** The rule or the code. */
  readonly reason: string
  readonly detail: string
  /** Topic, partition and offset of that record. */
  readonly place: string
  readonly at: string
  /** Whether a dead letter was replayed since. */
  readonly replayed: boolean
}

/** A line of a sealed shard, with the offsets that the shard holds. */
export interface ShardLine {
  readonly dataset: string
  readonly version: number
  /** Whether the version is the one that counts. */
  readonly live: boolean
  readonly split: string
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly topic: string
  readonly partition: number
  readonly from: string
  readonly to: string
}

/** A snapshot of a dataset that was made of a shard with the record. */
export interface SnapshotLine {
  readonly dataset: string
  readonly digest: string
  readonly path: string
  /** Where the record stands in it; null where it was left out: superseded, a duplicate, or forgotten. */
  readonly at: { readonly file: string; readonly line: number } | null
}

/** A digest with what is known of the model behind it; null where no model of that digest was ever on record. */
export interface KnownModel {
  readonly digest: string
  readonly model: string | null
  readonly state: string | null
  readonly job: string | null
  readonly snapshot: string | null
}

/** Everything that is known of a record, from its source to the models that learnt from it. */
export interface Trace {
  readonly id: string
  readonly tree_id: string
  readonly type: string
  readonly split: string
  readonly split_rule: string
  readonly origin: string
  readonly source: { readonly digest: string; readonly line: number; readonly names: readonly string[] }
  /** The digest of the options that shaped it, and whether they are those of the present configuration. */
  readonly configuration: { readonly digest: string; readonly present: boolean }
  /** What stages changed in its text, in order. */
  readonly changes: readonly Change[]
  /** The models that touched it, in order. */
  readonly models: readonly KnownModel[]
  readonly hops: readonly Hop[]
  readonly endings: readonly Ending[]
  readonly shards: readonly ShardLine[]
  readonly snapshots: readonly SnapshotLine[]
  /** The jobs on snapshots that hold it, in their last states. */
  readonly jobs: readonly { readonly job: string; readonly state: string; readonly snapshot: string }[]
  /** The models that those jobs made. */
  readonly learnt: readonly KnownModel[]
}

/** What was found of a record in the log, in files, and in the control topics. */
export interface FoundRecord {
  readonly conversation: Pick<Conversation, 'tree_id' | 'type' | 'steerflow'>
  readonly names: readonly string[]
  /** The digest of the present configuration. */
  readonly configuration: string
  readonly hops: readonly Hop[]
  readonly endings: readonly Ending[]
  readonly shards: readonly ShardLine[]
  readonly snapshots: readonly SnapshotLine[]
  readonly jobs: readonly JobEvent[]
  /** Records of the registry, oldest first. */
  readonly models: readonly ModelRecord[]
}

/** A model as its last record in the registry tells of it. */
export function knownModel(digest: string, records: readonly ModelRecord[]): KnownModel {
  const last = records.findLast(record => record.digest === digest)
  if (!last) return { digest, model: null, state: null, job: null, snapshot: null }
  const { model, state, job, snapshot } = last
  return { digest, model, state, job: job || null, snapshot: snapshot || null }
}

/** Puts together what was found: jobs and models are those of the snapshots that hold the record. */
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
