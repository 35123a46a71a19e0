import type { NodeStatus } from '../../runtime/counters.js'
import { dropped } from '../../topics.js'

/** Records of a node in this run: read, published, dead letters, and repeats. */
export interface NodeCounts {
  readonly node: string
  readonly in: number
  readonly out: number
  readonly deadLettered: number
  /** Published to `conversations.dropped`; absent if there are none. */
  readonly dropped?: number
  /** Conversations left out as repeats; absent if there are none. */
  readonly repeats?: number
}

export function nodeCounts({ node, counters }: Pick<NodeStatus, 'node' | 'counters'>): NodeCounts {
  const left = counters.out.get(dropped.name) ?? 0
  return {
    node,
    in: counters.in,
    out: [...counters.out.values()].reduce((total, count) => total + count, 0),
    deadLettered: counters.deadLettered,
    ...(left > 0 && { dropped: left }),
    ...(counters.repeats > 0 && { repeats: counters.repeats }),
  }
}
