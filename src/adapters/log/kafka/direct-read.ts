import { type Batch, type Offset, type ReadLimits } from '../../../runtime/log.js'
import { type Cluster, isolation, leaderOf, type RawPartition } from './cluster.js'
import { withMetadata } from './fresh-metadata.js'
import { visible, within } from './record.js'

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
  const deadline = performance.now() + settlingMs
  const fetch = async (maxWaitTime: number): Promise<RawPartition | undefined> => {
    const leader = leaderOf(cluster, brokerTopic, partition)
    if (leader === null) throw new Error(`no broker leads ${brokerTopic}/${partition}`)
    const broker = await cluster.findBroker({ nodeId: leader })
    const maxBytes = Math.min(limits.bytes, 8 << 20)
    const place = { partition, fetchOffset: String(from), maxBytes }
    const answer = await broker.fetch({
      isolationLevel: isolation.committed,
      maxWaitTime,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: brokerTopic, partitions: [place] }],
    })
    return answer.responses[0]?.partitions[0]
  }
  const settling = (found: RawPartition | undefined): boolean =>
    found?.messages.length === 0 && from < BigInt(found.highWatermark) && performance.now() < deadline
  let found = await withMetadata(cluster, brokerTopic, () => fetch(0))
  while (settling(found)) found = await withMetadata(cluster, brokerTopic, () => fetch(50))
  return found ? within(visible(topic, from, found), limits) : { records: [], next: from }
}
