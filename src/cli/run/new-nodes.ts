import type { Log } from '../../runtime/log.js'
import { type NodeBeginning, type LeftOver, newNodes } from '../../runtime/new-nodes.js'
import { deadLetters, ingestProgress } from '../../topics.js'
import type { Config } from '../config.js'
import { asksServers } from './asking-nodes.js'
import { isRelabelNode } from '../../pipeline.js'
import { thousands } from '../render/bars.js'

/** What a run is about to do again since nodes are new in a deployment that has data, and what is left of old ones. */
export interface Consequences {
  readonly beginnings: readonly (NodeBeginning & { readonly text: string; readonly costs: boolean })[]
  readonly leftOver: LeftOver
  /** How the records that are there are left out; null where nothing is done again. */
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
  // A node that is merely behind the others is no news.
  const isNews = beginnings.some(({ again }) => again)
  const first = isNews ? beginnings[0] : undefined
  return {
    beginnings: (isNews ? beginnings : []).map(one => {
      const costs = asksServers(config.flow.node(one.node)!)
      return { ...one, costs, text: textOf(one, costs) }
    }),
    leftOver,
    todo: first
      ? `To leave out the records that are there: steerflow offsets reset --node ${first.node} --to-latest, before the run.`
      : null,
  }
}

function textOf({ node, topic, records, before, again }: NodeBeginning, costs: boolean): string {
  const reads =
    before.length > 0
      ? `${node} has read ${before.join(' and ')}, and reads ${topic} from its beginning now`
      : `${node} is new and reads ${topic} from its beginning`
  const what = `${thousands(records)} records${costs ? ', which cost calls of inference servers' : ''}`
  return `${reads}: ${what}${again ? '; what is made of them is there already' : ''}`
}

/** What no node of the flow has to do with, in words; none where there is nothing. */
export const leftOverText = ({ groups, topics }: LeftOver): readonly string[] => [
  ...groups.map(({ group, topic }) => `the group ${group} has read ${topic}, and no node does`),
  ...topics.map(topic => `the topic ${topic} is of no node`),
]
