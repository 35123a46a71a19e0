import type { Admin } from 'kafkajs'
import type { TopicSpec } from '../../../runtime/log.js'
import { storedOffsets } from './ledger.js'
import type { BrokerNames } from './names.js'

/**
 * Deletes records beyond their topic's retention, but never beyond the slowest group of the deployment: by itself a
 * broker would delete unread records. Groups that have begun without a commit count, too.
 */
export async function retain(
  admin: Admin,
  names: BrokerNames,
  specs: readonly TopicSpec[],
  now: number,
): Promise<void> {
  const dated = specs.flatMap(({ name, retention }) => (retention.keep === 'days' ? [{ name, ...retention }] : []))
  if (dated.length === 0) return
  const { groups } = await admin.listGroups()
  const own = groups.map(({ groupId }) => groupId).filter(groupId => groupId.startsWith(`${names.namespace}.`))
  for (const { name, days } of dated) {
    const topic = names.topic(name)
    const slowest = new Map<number, bigint>()
    for (const groupId of own) {
      for (const [partition, { offset }] of await storedOffsets(admin, groupId, topic))
        if (offset < (slowest.get(partition) ?? offset + 1n)) slowest.set(partition, offset)
    }
    const [extents, young] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchTopicOffsetsByTimestamp(topic, now - days * 86_400_000),
    ])
    const partitions = extents.flatMap(({ partition, low, high }) => {
      const firstYoung = BigInt(young.find(one => one.partition === partition)?.offset ?? -1)
      const old = firstYoung < 0n ? BigInt(high) : firstYoung
      const slow = slowest.get(partition) ?? old
      const to = slow < old ? slow : old
      return to > BigInt(low) ? [{ partition, offset: String(to) }] : []
    })
    if (partitions.length > 0) await admin.deleteTopicRecords({ topic, partitions })
  }
}
