import { troublesOf } from '../../adapters/workers/nodes-file.js'
import type { NodeStatus } from '../../runtime/counters.js'
import { troubleOf } from './trouble.js'

/** Current figures of a node. */
export interface LiveRow {
  readonly node: string
  /** Name of its stage. */
  readonly stage: string
  /** Records committed by this run. */
  readonly in: number
  readonly out: number
  readonly behind: number
  readonly inFlight: number
  readonly held: number
  readonly deadLettered: number
  /** Why partitions of the node are stuck; absent if none is. */
  readonly trouble?: string
}

/** A node's row, from its status and the end offsets of its input. */
export function liveRow({ node, counters, partitions }: NodeStatus, stage: string, ends: readonly bigint[]): LiveRow {
  const sum = (pick: (partition: (typeof partitions)[number]) => number): number =>
    partitions.reduce((total, partition) => total + pick(partition), 0)
  const trouble = troubleOf(troublesOf(partitions))
  return {
    node,
    stage,
    ...(trouble !== null && { trouble }),
    in: counters.in + sum(partition => partition.held),
    out: [...counters.out.values()].reduce((total, count) => total + count, 0),
    behind: sum(({ partition, position }) => Math.max(0, Number((ends[partition] ?? 0n) - position))),
    inFlight: sum(partition => partition.inFlight + partition.pursuing),
    held: sum(partition => partition.held),
    deadLettered: counters.deadLettered,
  }
}
