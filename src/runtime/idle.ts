import type { SteerflowError } from '../domain/errors.js'
import type { Node } from '../stages/node.js'
import type { NodeStatus, PartitionStatus } from './counters.js'

/** The state of a node when idleness is judged. */
export interface Standing {
  readonly node: Pick<Node, 'name'> & {
    readonly kind: Node['stage']['kind']
    readonly from: string
    readonly to: readonly string[]
  }
  readonly status: NodeStatus
  /** The end of each partition of its input. */
  readonly ends: readonly bigint[]
  /** Commits of other processes on partitions that are not processed here; absent if there are no other processes. */
  readonly elsewhere?: ReadonlyMap<number, bigint>
}

/** The next steps on the way to the end. */
export interface IdleVerdict {
  /** Nodes whose open groups or waiting records should wait no longer: nothing more will come. */
  readonly cut: readonly string[]
  /** Topics whose records are all in sealed shards. */
  readonly sealed: readonly string[]
  /** Everything is done: nothing is behind, in flight, held, or under way. */
  readonly idle: boolean
}

/** Whether a partition processed here has been read and finished to its end, apart from open groups. */
const finishedHere = (partition: PartitionStatus, end: bigint): boolean =>
  partition.trouble === undefined && atEnd(partition, end)

const atEnd = ({ position, inFlight, pursuing }: PartitionStatus, end: bigint): boolean =>
  position >= end && inFlight === 0 && pursuing === 0

/** Whether a node has read and finished all of its input: apart from open groups here, completely elsewhere. */
export function quiet({ node, status, ends, elsewhere }: Standing): boolean {
  const here = new Map(status.partitions.map(partition => [partition.partition, partition]))
  // Records that wait for others will be emitted.
  if (node.kind === 'each' && status.partitions.some(({ held }) => held > 0)) return false
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
 * Judges a moment at which no record moved. A node is cut when everything upstream of it is quiet. Upstream ends at other
 * folds, since their emissions come from groups that close by rules of their own.
 */
export function judge(standings: readonly Standing[]): IdleVerdict {
  const writersOf = (topic: string): Standing[] => standings.filter(({ node }) => node.to.includes(topic))
  const fed = (standing: Standing, seen: Set<string>): boolean =>
    writersOf(standing.node.from).every(writer => writer.node.name === standing.node.name || settled(writer, seen))
  const settled = (standing: Standing, seen = new Set<string>()): boolean => {
    if (seen.has(standing.node.name)) return true
    seen.add(standing.node.name)
    return quiet(standing) && fed(standing, seen)
  }
  const closing = standings.filter(({ node }) => node.kind === 'closing')
  // Only the process that holds an open group knows whether that group has been read to the end.
  const cut = standings.filter(one => held(one) > 0 && quietHere(one) && fed(one, new Set([one.node.name])))
  const sealed = closing.filter(one => held(one) === 0 && settled(one))
  return {
    cut: cut.map(({ node }) => node.name),
    sealed: sealed.map(({ node }) => node.from),
    idle: standings.every(standing => quiet(standing) && held(standing) === 0),
  }
}

/** An error because of which a run can neither end nor progress. */
export interface DeadEnd {
  readonly node: string
  readonly error: SteerflowError
}

/** How often a partition must have failed before a run that should end by itself gives it up. */
const attemptsBeforeEnd = 3

/**
 * Finds what keeps a run from ending by itself: partitions that fail repeatedly for lasting reasons, while nothing else has
 * work. Null while anything may still progress. Partitions of other processes may, unless they have stood still for long.
 * @param stand what has stood still for long: `others`, the commits of other processes; `waits`, everything under way here,
 * because it waits for the output of other nodes
 */
export function deadEnd(
  standings: readonly Standing[],
  stand: { readonly others: boolean; readonly waits: boolean },
): DeadEnd | null {
  let found: DeadEnd | null = null
  for (const { node, status, ends, elsewhere } of standings) {
    const here = new Map(status.partitions.map(partition => [partition.partition, partition]))
    for (const [at, end] of ends.entries()) {
      const partition = here.get(at)
      if (!partition) {
        if (elsewhere === undefined || ((elsewhere.get(at) ?? 0n) < end && !stand.others)) return null
        continue
      }
      const { trouble } = partition
      if (!trouble) {
        if (!atEnd(partition, end) && !(stand.waits && partition.inFlight > 0)) return null
        continue
      }
      if (trouble.state !== 'paused' || trouble.error.kind === 'transient') return null
      if (trouble.attempts < attemptsBeforeEnd) return null
      found ??= { node: node.name, error: trouble.error }
    }
  }
  return found
}
