import type { Trouble } from './retry.js'

/** Counts of a node since the process started. Totals over restarts are read from the log. */
export interface Counters {
  /** Records committed. */
  in: number
  /** Records published, by topic. */
  readonly out: Map<string, number>
  deadLettered: number
  /** Emissions that were replaced because another contains them. */
  repeats: number
}

export const counters = (): Counters => ({ in: 0, out: new Map(), deadLettered: 0, repeats: 0 })

/** The state of a partition of a node. */
export interface PartitionStatus {
  readonly partition: number
  readonly committed: bigint
  /** The offset at which reading continues. */
  readonly position: bigint
  /** Records read and not committed, except those that are held. */
  readonly inFlight: number
  /** Records in a group that is still open, or waiting for others: not behind, but not committed either. */
  readonly held: number
  /** Long tasks under way. */
  readonly pursuing: number
  /** Why it does not progress; absent while it does. */
  readonly trouble?: Trouble
}

/** The state of a node. */
export interface NodeStatus {
  readonly node: string
  readonly counters: Counters
  readonly partitions: readonly PartitionStatus[]
  /** How many of the last records that an `each` node processed became dead letters. */
  readonly late?: { readonly records: number; readonly letters: number }
}
