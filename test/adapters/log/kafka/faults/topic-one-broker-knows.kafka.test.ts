import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { everything, topic } from '../../../../conformance/support.js'
import { startKafka } from '../../../../support/kafka/kafka.js'
import { kafkaPlace } from './place.js'

it('a topic that one broker does not know yet: it is asked again, and waited for where topics are ensured', async () => {
  const kafka = await startKafka({ brokers: 3 })
  onTestFinished(() => kafka.stop())
  for (const late of [1, 2, 3]) {
    const { admin, nameOf, open } = await kafkaPlace(kafka.bootstrap)
    const logs = await Promise.all(Array.from({ length: 8 }, open))
    await logs[0]!.ensure([])
    await kafka.freeze(late)
    // Not waited for long: when the late broker is the one that decides, another has to be elected first.
    const topics = [{ topic: nameOf('out'), numPartitions: 6, replicationFactor: 1 }]
    const creating = admin.createTopics({ topics, waitForLeaders: false }).catch(() => undefined)
    await Promise.race([creating, sleep(3000)])
    // A source's own name is looked for among the topics: the list by one broker, what is in it by another.
    const claiming = logs.flatMap((log, at) =>
      Array.from({ length: 4 }, (_, partition) => log.claim(`g${at}`, 'no-topic', partition)),
    )
    const claimed = Promise.allSettled(claiming)
    await sleep(1000)
    await kafka.continue(late)
    const failed = (await claimed).flatMap(one => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(failed).toEqual([])
    await creating
    await logs[1]!.ensure([topic('out', 6)])
    const value = Buffer.from('a')
    await logs[2]!.publish([{ topic: 'out', partition: 5, key: null, value }])
    expect(await everything(logs[3]!, 'out')).toHaveLength(1)
  }
})
