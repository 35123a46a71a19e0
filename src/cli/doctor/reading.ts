import { nodeLags, nodesThere } from '../../runtime/lag.js'
import { type Log, offset } from '../../runtime/log.js'
import type { Node } from '../../stages/node.js'
import { fail, type Finding, together, warn } from './check.js'
import { span } from './units.js'

/** How far one node is in one partition. */
export interface Reading {
  readonly node: string
  readonly topic: string
  readonly partition: number
  /** Offsets that were never read and are gone. */
  readonly gone: bigint
  /** Whether the brokers have forgotten how far it was. */
  readonly forgotten: boolean
  /** When the oldest record that is still to be read was published, in milliseconds since 1970; null when there is none. */
  readonly oldestUnread: number | null
  /** For how long a record may stay unread in good order: a seal keeps its cut open; in milliseconds. */
  readonly heldMs: number
}

const limits = { records: 1, bytes: 1 << 16 }

/** Where the nodes are; a topic that is missing is left out. */
export async function readings(
  log: Log,
  nodes: readonly Node[],
  heldMs: (node: Node) => number,
): Promise<readonly Reading[]> {
  const there = await nodesThere(log, nodes)
  const found: Reading[] = []
  for (const [at, { node, topic, partitions }] of (await nodeLags(log, there)).entries()) {
    for (const { partition, lag, end, gone, state } of partitions) {
      const { records } = lag > 0n ? await log.read(topic, partition, offset(end - lag), limits) : { records: [] }
      found.push({
        node,
        topic,
        partition,
        gone,
        forgotten: state === 'lost' && gone === 0n,
        oldestUnread: records[0]?.timestamp ?? null,
        heldMs: heldMs(there[at]!),
      })
    }
  }
  return found
}

/** Whether every node can go on where it was. */
export function offsetsThere(all: readonly Reading[]): Finding {
  const findings = all.flatMap(({ node, partition, gone, forgotten }) => {
    const todo = `See steerflow offsets reset --node ${node} --to-earliest --dry-run, then decide.`
    if (forgotten) return [fail(`the brokers have forgotten how far ${node} was in partition ${partition}`, todo)]
    return gone > 0n ? [fail(`${node} has lost ${gone} offsets of partition ${partition}`, todo)] : []
  })
  return together(findings, 'every node goes on where it was')
}

const shares = { warn: 0.5, fail: 0.9 }

/**
 * Whether brokers are about to delete what is still to be read.
 * @param retentionMs what brokers keep of a topic, in milliseconds; null: everything
 * @param now milliseconds since 1970
 */
export function retentionOf(
  all: readonly Reading[],
  retentionMs: (topic: string) => number | null,
  now: number,
): Finding {
  const todo = 'Set retention.ms of these topics to -1: what all nodes have read is deleted by topics.*.retentionDays.'
  const findings = all.flatMap(({ node, topic, partition, oldestUnread, heldMs }) => {
    const kept = retentionMs(topic)
    if (kept === null) return []
    const place = `${node}: brokers keep ${topic} for ${span(kept)}`
    if (heldMs >= kept) return [fail(`${place}, and a cut stays open for ${span(heldMs)}`, todo)]
    const age = oldestUnread === null ? 0 : now - oldestUnread
    const unread = `${place}, and partition ${partition} has unread records of ${span(age)}`
    if (age > shares.fail * kept) return [fail(unread, todo)]
    return age > shares.warn * kept || heldMs > shares.warn * kept ? [warn(unread, todo)] : []
  })
  return together(findings, 'nothing that is still to be read is about to be deleted')
}
