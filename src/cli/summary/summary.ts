import type { AttributeMetric } from '../../domain/model.js'
import type { Ingested } from '../../runtime/ingest.js'

/** Result of ingesting a source. */
export interface SourceSummary extends Ingested {
  readonly name: string
  readonly digest: string
}

/** Work of a node since the beginning of the log, over all runs. */
export interface NodeSummary {
  readonly node: string
  readonly in: number
  /** Records published, by topic. */
  readonly out: Readonly<Record<string, number>>
  /** Records left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Dead letters, by code. */
  readonly deadLettered: Readonly<Record<string, number>>
  /** Records in an open group: not behind, but not sealed either. */
  readonly held: number
}

/** Distribution of an attribute's predicted labels over the replies. */
export interface Distribution {
  readonly attribute: string
  /** Number of replies by label, in ascending order of the scale. */
  readonly counts: Readonly<Record<string, number>>
}

/** A reply with its raw predicted score. */
export interface ScoredReply {
  readonly attribute: string
  readonly score: number
  readonly prompt: string
  readonly reply: string
  readonly label: string
}

/** Final summary of a run; printed, and written to `summary.json`. */
export interface Summary {
  readonly seconds: number
  /** True if this run added records to the log. */
  readonly changed: boolean
  readonly sources: readonly SourceSummary[]
  readonly nodes: readonly NodeSummary[]
  readonly turns: {
    /** Turns in annotated conversations. */
    readonly annotated: number
    /** Distinct turns in context, which a value model must score. */
    readonly scored: number
    /** Turns that reuse the score of a prefix shared with another conversation. */
    readonly reused: number
  }
  readonly attributes: readonly Distribution[]
  readonly best: readonly ScoredReply[]
  readonly worst: readonly ScoredReply[]
  readonly valueModel: {
    readonly model: string
    readonly digest: string
    readonly metrics: readonly AttributeMetric[]
  } | null
  /** The latest snapshot of each dataset; paths are relative to the working folder. */
  readonly datasets: Readonly<
    Record<string, { readonly path: string; readonly train: number; readonly validation: number }>
  >
  readonly jobs: readonly {
    readonly job: string
    readonly state: string
    readonly folder: string | null
    readonly detail: string | null
  }[]
  readonly next: readonly string[]
}
