import { type Node } from '../stages/bind.js'
import { type NodeStatus, type PartitionStatus } from './counters.js'

/** What is known of a node when idleness is judged. */
export interface Standing {
  readonly node: Pick<Node, 'name' | 'groups'> & { readonly from: string; readonly to: readonly string[] }
  readonly status: NodeStatus
  /** End of each partition of its input. */
  readonly ends: readonly bigint[]
  /** What other processes have committed of partitions that are not worked on here; absent where there are no others. */
  readonly elsewhere?: ReadonlyMap<number, bigint>
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

/** Whether a partition that is worked on here has been read and finished to its end, open groups aside. */
const finishedHere = (partition: PartitionStatus, end: bigint): boolean =>
  partition.position >= end && partition.inFlight === 0 && partition.pursuing === 0

/** Whether a node has read and finished all of its input: open groups aside here, all of it elsewhere. */
export function quiet({ status, ends, elsewhere }: Standing): boolean {
  const here = new Map(status.partitions.map(partition => [partition.partition, partition]))
  return ends.every((end, at) => {
    const partition = here.get(at)
    if (partition) return finishedHere(partition, end)
    return elsewhere !== undefined && (elsewhere.get(at) ?? 0n) >= end
  })
}

const quietHere = ({ status, ends }: Standing): boolean =>
  status.partitions.every(partition => finishedHere(partition, ends[partition.partition] ?? 0n))

const held = ({ status }: Standing): number => status.partitions.reduce((sum, partition) => sum + partition.held, 0)

/**
 * Judges a moment at which no record moved. A seal cuts when everything upstream of it is quiet; upstream ends at other
 * folds, since what they emit comes from groups that close by their own rule.
 */
export function judge(standings: readonly Standing[]): Verdict {
  const writersOf = (topic: string): Standing[] => standings.filter(({ node }) => node.to.includes(topic))
  const fed = (standing: Standing, seen: Set<string>): boolean =>
    writersOf(standing.node.from).every(writer => writer.node.name === standing.node.name || settled(writer, seen))
  const settled = (standing: Standing, seen = new Set<string>()): boolean => {
    if (seen.has(standing.node.name)) return true
    seen.add(standing.node.name)
    return quiet(standing) && fed(standing, seen)
  }
  const closing = standings.filter(({ node }) => node.groups === 'closing')
  // Of a group that others hold open only its holder knows that it has read everything.
  const cut = closing.filter(one => held(one) > 0 && quietHere(one) && fed(one, new Set([one.node.name])))
  const sealed = closing.filter(one => held(one) === 0 && settled(one))
  return {
    cut: cut.map(({ node }) => node.name),
    sealed: sealed.map(({ node }) => node.from),
    idle: standings.every(standing => quiet(standing) && held(standing) === 0),
  }
}
