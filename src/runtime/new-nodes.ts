import type { Node } from '../stages/node.js'
import type { GroupOnTopic, Log } from './log.js'
import { feeds } from './reach.js'

/** A node that has read nothing of its topic, in a log where other nodes of the flow have begun. */
export interface NodeBeginning {
  readonly node: string
  readonly topic: string
  /** Records that will reach it, including those on their way through other nodes that begin. */
  readonly records: number
  /** Topics that it has read before. */
  readonly before: readonly string[]
  /** Whether its output for these records is there already, made by itself or by another node in its place. */
  readonly again: boolean
}

/** The parts of a log that no node of the flow uses. */
export interface LeftOver {
  readonly groups: readonly GroupOnTopic[]
  readonly topics: readonly string[]
}

/** The state of nodes that were added to a deployment that has data. */
export interface NewNodes {
  /** In the order of the flow; empty if the whole flow begins. */
  readonly beginnings: readonly NodeBeginning[]
  readonly leftOver: LeftOver
}

/** Whether a group belongs to no node, but to a source, a replay or the deployment. Names of nodes have no dot. */
const isOfNoNode = (group: string): boolean => group.includes('.')

/**
 * Compares the groups of a log with the nodes of a flow.
 * @param own topics of the deployment that no node names
 * @param isOnDemand whether a group belongs to a node that runs on demand
 */
export async function newNodes(
  log: Log,
  nodes: readonly Node[],
  own: readonly string[],
  isOnDemand: (group: string) => boolean,
): Promise<NewNodes> {
  const groups = (await log.groups()).filter(({ group }) => !isOfNoNode(group) && !isOnDemand(group))
  const stored = (await log.topics()).map(({ name }) => name)
  const topics = new Set(own)
  for (const { from, to } of nodes) for (const { name } of [from, ...Object.values(to)]) topics.add(name)
  const reads = new Set(nodes.map(({ name, from }) => `${name} ${from.name}`))
  const left = groups.filter(({ group, topic }) => !reads.has(`${group} ${topic}`))
  return {
    beginnings: await beginningsOf(log, nodes, groups, new Set(stored)),
    leftOver: { groups: left, topics: stored.filter(name => !topics.has(name)) },
  }
}

async function beginningsOf(
  log: Log,
  nodes: readonly Node[],
  groups: readonly GroupOnTopic[],
  stored: ReadonlySet<string>,
): Promise<readonly NodeBeginning[]> {
  const begun = new Set(groups.map(({ group, topic }) => `${group} ${topic}`))
  const hasBegun = ({ name, from }: Node): boolean => begun.has(`${name} ${from.name}`)
  // If all have begun, as at most starts, no topic needs to be queried.
  if (!nodes.some(hasBegun) || nodes.every(hasBegun)) return []
  const counts = new Map<string, number>()
  for (const topic of stored) {
    const states = await log.state(topic)
    counts.set(topic, Number(states.reduce((sum, { start, end }) => sum + end - start, 0n)))
  }
  const count = (topic: string): number => counts.get(topic) ?? 0
  const coming = (node: Node, seen: ReadonlySet<Node> = new Set()): number => {
    if (hasBegun(node) || seen.has(node)) return 0
    const writers = nodes.filter(writer => feeds(writer, node))
    return writers.reduce((sum, writer) => sum + coming(writer, new Set([...seen, node])), count(node.from.name))
  }
  return nodes.flatMap(node => {
    if (hasBegun(node)) return []
    const before = groups.filter(({ group }) => group === node.name).map(({ topic }) => topic)
    const records = coming(node)
    const makes = Object.values(node.to).filter(({ name }) => name !== node.from.name)
    const again = before.length > 0 || makes.some(({ name }) => count(name) > 0 && !isShared(nodes, node, name))
    return records === 0 && before.length === 0
      ? []
      : [{ node: node.name, topic: node.from.name, records, before, again }]
  })
}

/** Whether other nodes write the same topic: then its records may not be this node's. */
const isShared = (nodes: readonly Node[], node: Node, topic: string): boolean =>
  nodes.some(one => one !== node && Object.values(one.to).some(({ name }) => name === topic))
