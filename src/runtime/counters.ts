import type { Trouble } from './retry.js'

/** What a node has done since the process started. Totals over restarts are read from the log. */
export interface Counters {
  /** Records committed. */
  in: number
  /** Records published, by port's topic. */
  readonly out: Map<string, number>
  deadLettered: number
}

export const counters = (): Counters => ({ in: 0, out: new Map(), deadLettered: 0 })

/** Where a partition of a node stands. */
export interface PartitionStatus {
  readonly partition: number
  readonly committed: bigint
  /** Where reading goes on. */
  readonly position: bigint
  /** Records read and not committed, open groups left out. */
  readonly inFlight: number
  /** Records in a group that is still open: not behind, but not committed either. */
  readonly held: number
  /** Long works under way. */
  readonly pursuing: number
  /** Why it does not go on; absent while it does. */
  readonly trouble?: Trouble
}

/** Where a node stands. */
export interface NodeStatus {
  readonly node: string
  readonly counters: Counters
  readonly partitions: readonly PartitionStatus[]
  /** Of the last records that an `each` node has dealt with, how many became dead letters. */
  readonly late?: { readonly records: number; readonly letters: number }
}
