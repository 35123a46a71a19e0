import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../runtime/log.js'
import { upstream } from '../../runtime/reach.js'
import { unlessAway } from '../../runtime/retry.js'
import type { Node } from '../../stages/node.js'

type Looked = Pick<Log, 'state' | 'committed'>

/**
 * Whether a topic gets a record of those that the sources gave: true as soon as one is there, false once every node on the
 * way has read its input to the end. True where the signal ends the wait.
 */
export async function comesTo(
  log: Looked,
  nodes: readonly Node[],
  topic: string,
  signal: AbortSignal,
): Promise<boolean> {
  const way = upstream(nodes, topic)
  /** Null while it is not known. */
  const look = async (): Promise<boolean | null> => {
    if (await hasRecords(log, topic)) return true
    // In the order of the flow: what a node publishes is in the next input once the node has committed it.
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

/** Whether a record was ever written to a topic. */
export const hasRecords = async (log: Pick<Log, 'state'>, topic: string): Promise<boolean> =>
  (await log.state(topic)).some(({ end }) => end > 0n)
