import type { AttributeMetric } from '../../domain/model.js'
import type { Ingested } from '../../runtime/ingest.js'

/** What became of a source. */
export interface SourceSummary extends Ingested {
  readonly name: string
  readonly digest: string
}

/** What a node has done since the log began, over all runs; read from the log itself. */
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

/** How the predicted labels of one attribute are spread over the replies. */
export interface Distribution {
  readonly attribute: string
  /** Replies with each label, from the lowest to the highest point of the scale. */
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

/** Everything that a run ends with; printed, and written to `summary.json`. */
export interface Summary {
  readonly seconds: number
  /** Whether this run added anything to the log. */
  readonly changed: boolean
  readonly sources: readonly SourceSummary[]
  readonly nodes: readonly NodeSummary[]
  readonly turns: {
    /** Turns in annotated conversations. */
    readonly annotated: number
    /** Distinct turns in context: what a value model has to score. */
    readonly scored: number
    /** Turns whose score was that of a prefix shared with another conversation. */
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
  /** The latest snapshot of each dataset; paths as seen from the working folder. */
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
