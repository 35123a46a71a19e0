import type { Node } from '../stages/node.js'
import type { GroupMember } from './log-admin.js'
import { type Log, type Offset, offset, type PartitionState } from './log.js'

/** How far a node is in one partition. */
export interface PartitionLag {
  readonly partition: number
  readonly committed: Offset
  readonly start: Offset
  readonly end: Offset
  /** Offsets that are stored and not committed: `held` and `behind` together. */
  readonly lag: bigint
  /** Of a node that gathers records until it closes a group: what is in no closed group yet. */
  readonly held: bigint
  /** Still to be done. */
  readonly behind: bigint
  /** Offsets that were never read and are not stored any more. */
  readonly gone: bigint
  /** `lost`: the node cannot go on before its offset was set anew. */
  readonly state: 'done' | 'held' | 'behind' | 'lost'
  /** The member that has the partition, as `client@host`; null when nobody has it, or when that is not known. */
  readonly owner: string | null
}

export interface NodeLag {
  readonly node: string
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
  /** The processes that share the node's partitions; null where partitions are not shared. */
  readonly members: readonly GroupMember[] | null
}

/** The nodes whose topic is in the log. */
export async function nodesThere(log: Log, nodes: readonly Node[]): Promise<readonly Node[]> {
  const known = new Set((await log.topics()).map(({ name }) => name))
  return nodes.filter(({ from }) => known.has(from.name))
}

/** Where nodes stand, from the log alone. */
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
 * How far a group is in a partition. What is not stored any more does not count as lag.
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
