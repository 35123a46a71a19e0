import { expect, it } from 'vitest'
import { identified } from '../../../../conformance/support.js'
import { answered, asked, copyNode } from './copy-node.js'
import { kafkaPlace, running, topicsOf } from './place.js'

it('phantom lag: the committed offset reaches the end beyond control and aborted records', async () => {
  const { open, kafka, nameOf } = await kafkaPlace()
  const log = await open()
  await log.ensure(topicsOf(3))
  // Partition 0 ends with an aborted transaction, 1 holds nothing else, 2 ends with a committed one.
  await log.publish(identified(10, 2).map(record => asked(record, 0)))
  const producer = kafka.producer({ transactionalId: nameOf('ghosts'), maxInFlightRequests: 1 })
  await producer.connect()
  const inTransaction = async (partitions: readonly number[], end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await producer.transaction()
    const value = JSON.stringify({ id: end, key: 'k' })
    const messages = partitions.map(partition => ({ partition, key: 'k', value }))
    await transaction.send({ topic: nameOf('in'), messages })
    await transaction[end]()
  }
  await inTransaction([2], 'commit')
  await inTransaction([0, 1], 'abort')
  await producer.disconnect()

  running(log, copyNode(1))
  const lag = async (): Promise<readonly bigint[]> => {
    const committed = await log.committed('copy', 'in')
    return (await log.state('in')).map(({ partition, end }) => end - (committed.get(partition) ?? 0n))
  }
  await expect.poll(lag).toEqual([0n, 0n, 0n])
  expect((await answered(log)).map(({ id }) => id)).not.toContain('abort')
  expect(await answered(log)).toHaveLength(11)
})
