import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, type Offset, type ReadLimits } from '../../../runtime/log.js'
import { type Cluster, isolation, leaderOf } from './cluster.js'
import { isOutOfRange } from './errors.js'
import { visible, within } from './record.js'

const attempts = 8
/** How long a transaction that is being committed may keep records from being seen, in milliseconds. */
const settlingMs = 5000

/**
 * Reads what a partition has from an offset on, now, without a group and without waiting for more. What was committed a
 * moment ago is waited for: a coordinator says that a transaction is committed before its partitions know.
 */
export async function readNow(
  cluster: Cluster,
  {
    topic,
    brokerTopic,
    partition,
  }: { readonly topic: string; readonly brokerTopic: string; readonly partition: number },
  from: Offset,
  limits: ReadLimits,
): Promise<Batch> {
  await cluster.addMultipleTargetTopics([brokerTopic])
  const deadline = performance.now() + settlingMs
  let settling = false
  for (let attempt = 1; ; attempt++) {
    try {
      await cluster.refreshMetadataIfNecessary()
      const leader = leaderOf(cluster, brokerTopic, partition)
      if (leader === null) throw new Error(`no broker leads ${brokerTopic}/${partition}`)
      const broker = await cluster.findBroker({ nodeId: leader })
      const maxBytes = Math.min(limits.bytes, 8 << 20)
      const place = { partition, fetchOffset: String(from), maxBytes }
      const answer = await broker.fetch({
        isolationLevel: isolation.committed,
        maxWaitTime: settling ? 50 : 0,
        minBytes: 1,
        maxBytes,
        topics: [{ topic: brokerTopic, partitions: [place] }],
      })
      const found = answer.responses[0]?.partitions[0]
      settling = found?.messages.length === 0 && from < BigInt(found.highWatermark) && performance.now() < deadline
      if (settling) {
        attempt = 1
        continue
      }
      return found ? within(visible(topic, from, found), limits) : { records: [], next: from }
    } catch (error) {
      if (isOutOfRange(error) || attempt === attempts) throw error
      await sleep(25 * 2 ** attempt)
      await cluster.refreshMetadata().catch(() => undefined)
    }
  }
}
