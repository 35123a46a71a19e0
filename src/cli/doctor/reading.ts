import { nodeLags, nodesThere } from '../../runtime/lag.js'
import { type Log, offset } from '../../runtime/log.js'
import type { Node } from '../../stages/node.js'
import { fail, type Finding, together, warn } from './check.js'
import { span } from './units.js'

/** Progress of a node in a partition. */
export interface Reading {
  readonly node: string
  readonly topic: string
  readonly partition: number
  /** Number of offsets deleted before they were read. */
  readonly gone: bigint
  /** True if the brokers have deleted the committed offset. */
  readonly forgotten: boolean
  /** Publication time of the oldest unread record, in milliseconds since 1970; null if there is none. */
  readonly oldestUnread: number | null
  /** How long a record may normally stay uncommitted, in milliseconds: a seal holds records until its cut. */
  readonly heldMs: number
}

const limits = { records: 1, bytes: 1 << 16 }

/** Progress of all nodes; missing topics are left out. */
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

/** Checks that every node can resume at its committed offset. */
export function offsetsThere(all: readonly Reading[]): Finding {
  const findings = all.flatMap(({ node, partition, gone, forgotten }) => {
    const todo = `See steerflow offsets reset --node ${node} --to-earliest --dry-run, then decide.`
    if (forgotten)
      return [fail(`the brokers have deleted the committed offset of ${node} in partition ${partition}`, todo)]
    return gone > 0n ? [fail(`${node} has lost ${gone} offsets of partition ${partition}`, todo)] : []
  })
  return together(findings, 'every node can resume at its offset')
}

const shares = { warn: 0.5, fail: 0.9 }

/**
 * Checks that brokers will not soon delete unread records.
 * @param retentionMs retention of a topic on the brokers, in milliseconds; null: unlimited
 * @param now milliseconds since 1970
 */
export function retentionOf(
  all: readonly Reading[],
  retentionMs: (topic: string) => number | null,
  now: number,
): Finding {
  const todo =
    'Set retention.ms of these topics to -1; topics.*.retentionDays deletes records that all nodes have read.'
  const findings = all.flatMap(({ node, topic, partition, oldestUnread, heldMs }) => {
    const kept = retentionMs(topic)
    if (kept === null) return []
    const place = `${node}: brokers keep ${topic} for ${span(kept)}`
    if (heldMs >= kept) return [fail(`${place}, but a cut stays open for ${span(heldMs)}`, todo)]
    const age = oldestUnread === null ? 0 : now - oldestUnread
    const unread = `${place}, and partition ${partition} has unread records ${span(age)} old`
    if (age > shares.fail * kept) return [fail(unread, todo)]
    return age > shares.warn * kept || heldMs > shares.warn * kept ? [warn(unread, todo)] : []
  })
  return together(findings, 'no unread record is about to be deleted')
}
