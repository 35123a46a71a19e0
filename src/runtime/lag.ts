import type { Node } from '../stages/node.js'
import type { GroupMember } from './log-admin.js'
import { type Log, type Offset, offset, type PartitionState } from './log.js'

/** The progress of a node in one partition. */
export interface PartitionLag {
  readonly partition: number
  readonly committed: Offset
  readonly start: Offset
  readonly end: Offset
  /** Offsets that are stored and not committed: the sum of `held` and `behind`. */
  readonly lag: bigint
  /** For a node that gathers records into groups: records in no closed group yet. */
  readonly held: bigint
  /** Records still to be processed. */
  readonly behind: bigint
  /** Offsets that were never read and are no longer stored. */
  readonly gone: bigint
  /** `lost`: the node cannot continue before its offset is reset. */
  readonly state: 'done' | 'held' | 'behind' | 'lost'
  /** The member that owns the partition, as `client@host`; null if none does, or if that is unknown. */
  readonly owner: string | null
}

export interface NodeLag {
  readonly node: string
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
  /** The processes that share the node's partitions; null if partitions are not shared. */
  readonly members: readonly GroupMember[] | null
}

/** The nodes whose input topic is in the log. */
export async function nodesThere(log: Log, nodes: readonly Node[]): Promise<readonly Node[]> {
  const known = new Set((await log.topics()).map(({ name }) => name))
  return nodes.filter(({ from }) => known.has(from.name))
}

/** The progress of nodes, from the log alone. */
export async function nodeLags(log: Log, nodes: readonly Node[]): Promise<readonly NodeLag[]> {
  const lags: NodeLag[] = []
  for (const { name: node, from, stage } of nodes) {
    const topic = from.name
    const [committed, states, members, forgotten] = await Promise.all([
      log.committed(node, topic),
      log.state(topic),
      log.admin?.members(node),
      log.admin?.forgotten(node, topic),
    ])
    const partitions = states.map(state => {
      const owner = members?.find(({ partitions }) => partitions.includes(state.partition))
      return {
        ...lagOf(
          state,
          committed.get(state.partition),
          stage.kind === 'closing',
          forgotten?.has(state.partition) ?? false,
        ),
        owner: owner ? `${owner.client}@${owner.host}` : null,
      }
    })
    lags.push({ node, topic, partitions, members: members ?? null })
  }
  return lags
}

/**
 * The progress of a group in a partition. Offsets that are no longer stored do not count as lag.
 * @param gathers whether records count as held rather than as behind
 */
export function lagOf(
  { partition, start, end }: Pick<PartitionState, 'partition' | 'start' | 'end'>,
  committed: Offset | undefined,
  gathers: boolean,
  forgotten = false,
): Omit<PartitionLag, 'owner'> {
  const at = committed ?? start
  const from = at < start ? start : at
  const lag = end > from ? end - from : 0n
  const gone = from - at
  const [held, behind] = gathers ? [lag, 0n] : [0n, lag]
  const state = forgotten || gone > 0n ? 'lost' : lag === 0n ? 'done' : gathers ? 'held' : 'behind'
  return { partition, committed: offset(at), start, end, lag, held, behind, gone, state }
}
