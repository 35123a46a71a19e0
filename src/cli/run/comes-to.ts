import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../runtime/log.js'
import { upstream } from '../../runtime/reach.js'
import { unlessAway } from '../../runtime/retry.js'
import type { Node } from '../../stages/node.js'

type Looked = Pick<Log, 'state' | 'committed'>

/**
 * Waits until records of the sources reach a topic. Resolves to true at the first record, to false once every node on the
 * way has read its input to the end, and to true if the signal ends the wait.
 */
export async function comesTo(
  log: Looked,
  nodes: readonly Node[],
  topic: string,
  signal: AbortSignal,
): Promise<boolean> {
  const way = upstream(nodes, topic)
  /** Null while records are unread. */
  const look = async (): Promise<boolean | null> => {
    if (await hasRecords(log, topic)) return true
    // In the order of the flow: the output of a node is in the next input once the node has committed.
    for (const { name, from } of way) {
      const states = await log.state(from.name)
      const committed = await log.committed(name, from.name)
      if (states.some(({ partition, end }) => (committed.get(partition) ?? 0n) < end)) return null
    }
    return hasRecords(log, topic)
  }
  while (!signal.aborted) {
    const known = await unlessAway(look, null)
    if (known !== null) return known
    await sleep(50, undefined, { signal }).catch(() => undefined)
  }
  return true
}

/** True if a record was ever written to the topic. */
export const hasRecords = async (log: Pick<Log, 'state'>, topic: string): Promise<boolean> =>
  (await log.state(topic)).some(({ end }) => end > 0n)
