import { offset, type PartitionState } from '../../../runtime/log.js'
import { type Cluster } from './cluster.js'
import { withMetadata } from './fresh-metadata.js'

/**
 * First offset and end of each partition of a topic; the end counts what is not committed yet.
 * @param known partitions that the topic is known to have: metadata that says fewer is old
 */
export async function extentsOf(
  cluster: Cluster,
  topic: string,
  brokerTopic: string,
  known: number,
): Promise<readonly PartitionState[]> {
  return withMetadata(cluster, brokerTopic, async () => {
    if (cluster.findTopicPartitionMetadata(brokerTopic).length < known) await cluster.refreshMetadata()
    const partitions = cluster.findTopicPartitionMetadata(brokerTopic).map(one => ({ partition: one.partitionId }))
    const [first, end] = await Promise.all(
      [true, false].map(fromBeginning =>
        cluster.fetchTopicsOffset([{ topic: brokerTopic, partitions, fromBeginning }]),
      ),
    )
    const starts = new Map(first![0]!.partitions.map(one => [one.partition, one.offset]))
    return end![0]!.partitions
      .map(one => ({
        topic,
        partition: one.partition,
        start: offset(starts.get(one.partition)!),
        end: offset(one.offset),
      }))
      .sort((a, b) => a.partition - b.partition)
  })
}
