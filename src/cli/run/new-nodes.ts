import type { Log } from '../../runtime/log.js'
import { type NodeBeginning, type LeftOver, newNodes } from '../../runtime/new-nodes.js'
import { deadLetters, ingestProgress } from '../../topics.js'
import type { Config } from '../config.js'
import { asksServers } from './asking-nodes.js'
import { isRelabelNode } from '../../pipeline.js'
import { thousands } from '../render/bars.js'

/** Work that a run repeats because nodes are new in a deployment with data, and leftovers of removed nodes. */
export interface Consequences {
  readonly beginnings: readonly (NodeBeginning & { readonly text: string; readonly costs: boolean })[]
  readonly leftOver: LeftOver
  /** How to skip the existing records; null if no work is repeated. */
  readonly todo: string | null
}

export async function consequencesOf(config: Config, log: Log): Promise<Consequences> {
  const { nodes, topics } = config.flow
  const own = [...topics, deadLetters, { name: ingestProgress }, ...(log.admin?.ownTopics ?? [])]
  const { beginnings, leftOver } = await newNodes(
    log,
    nodes,
    own.map(({ name }) => name),
    isRelabelNode,
  )
  // A node that is only behind the others is not reported.
  const isNews = beginnings.some(({ again }) => again)
  const first = isNews ? beginnings[0] : undefined
  return {
    beginnings: (isNews ? beginnings : []).map(one => {
      const costs = asksServers(config.flow.node(one.node)!)
      return { ...one, costs, text: textOf(one, costs) }
    }),
    leftOver,
    todo: first
      ? `To skip the existing records, run steerflow offsets reset --node ${first.node} --to-latest first.`
      : null,
  }
}

function textOf({ node, topic, records, before, again }: NodeBeginning, costs: boolean): string {
  const reads =
    before.length > 0
      ? `${node} has read ${before.join(' and ')}, and now reads ${topic} from its beginning`
      : `${node} is new and reads ${topic} from its beginning`
  const what = `${thousands(records)} records${costs ? ', which cost calls of inference servers' : ''}`
  return `${reads}: ${what}${again ? '; their outputs exist already' : ''}`
}

/** Leftovers as text: groups and topics that belong to no node of the flow. */
export const leftOverText = ({ groups, topics }: LeftOver): readonly string[] => [
  ...groups.map(({ group, topic }) => `the group ${group} has read ${topic} but belongs to no node`),
  ...topics.map(topic => `the topic ${topic} belongs to no node`),
]
