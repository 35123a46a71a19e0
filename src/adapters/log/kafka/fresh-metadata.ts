import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster } from './cluster.js'
import { isOutOfRange } from './errors.js'

const attempts = 8

/**
 * Does something that depends on who leads which partition, with the topic's metadata at hand; again, with newer metadata,
 * when it fails, up to eight times over about 13 s. A position outside of its partition is not mended by it.
 */
export async function withMetadata<T>(cluster: Cluster, brokerTopic: string, work: () => Promise<T>): Promise<T> {
  await cluster.addMultipleTargetTopics([brokerTopic])
  for (let attempt = 1; ; attempt++) {
    try {
      await cluster.refreshMetadataIfNecessary()
      return await work()
    } catch (error) {
      if (isOutOfRange(error) || attempt === attempts) throw error
      await sleep(25 * 2 ** attempt)
      await cluster.refreshMetadata().catch(() => undefined)
    }
  }
}
