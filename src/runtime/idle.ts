import { type Node } from '../stages/bind.js'
import { type NodeStatus } from './counters.js'

/** What is known of a node when idleness is judged. */
export interface Standing {
  readonly node: Pick<Node, 'name' | 'groups'> & { readonly from: string; readonly to: readonly string[] }
  readonly status: NodeStatus
  /** End of each partition of its input. */
  readonly ends: readonly bigint[]
}

/** What to do next on the way to the end. */
export interface Verdict {
  /** Closing folds whose open groups should be closed: nothing more will come. */
  readonly cut: readonly string[]
  /** Topics behind which everything is sealed. */
  readonly sealed: readonly string[]
  /** Everything is done: nothing is behind, in flight, held, or under way. */
  readonly idle: boolean
}

/** Whether a node has read and finished all of its input, open groups aside. */
export function quiet({ status, ends }: Standing): boolean {
  if (status.partitions.length < ends.length) return false
  return status.partitions.every(
    partition =>
      partition.position >= (ends[partition.partition] ?? 0n) && partition.inFlight === 0 && partition.pursuing === 0,
  )
}

const held = ({ status }: Standing): number => status.partitions.reduce((sum, partition) => sum + partition.held, 0)

/**
 * Judges a moment at which no record moved. A seal cuts when everything upstream of it is quiet; upstream ends at other
 * folds, since what they emit comes from groups that close by their own rule.
 */
export function judge(standings: readonly Standing[]): Verdict {
  const writersOf = (topic: string): Standing[] => standings.filter(({ node }) => node.to.includes(topic))
  const settled = (standing: Standing, seen = new Set<string>()): boolean => {
    if (seen.has(standing.node.name)) return true
    seen.add(standing.node.name)
    if (!quiet(standing)) return false
    return writersOf(standing.node.from).every(
      writer => writer.node.name === standing.node.name || settled(writer, seen),
    )
  }
  const closing = standings.filter(({ node }) => node.groups === 'closing')
  const finished = closing.filter(standing => settled(standing))
  return {
    cut: finished.filter(standing => held(standing) > 0).map(({ node }) => node.name),
    sealed: finished.filter(standing => held(standing) === 0).map(({ node }) => node.from),
    idle: standings.every(standing => quiet(standing) && held(standing) === 0),
  }
}
