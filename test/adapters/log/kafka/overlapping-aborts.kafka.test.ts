import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Kafka, logLevel } from '../../../../src/adapters/log/kafka/kafkajs.js'
import { offset } from '../../../../src/runtime/log.js'
import '../../../../examples/04-downstream/sorted-aborts.js'
import { deployment } from './open.js'

test('of transactions that overlap and are aborted nothing is seen, in whatever order they ended', async () => {
  const { open, options } = deployment()
  const log = await open()
  await log.ensure([{ name: 't', partitions: 1, retention: { keep: 'forever' } }])
  const topic = `${options.namespace}.t`
  const kafka = new Kafka({ brokers: options.brokers, logLevel: logLevel.NOTHING })
  const producers = ['a', 'b'].map(id => kafka.producer({ transactionalId: `${topic}.${id}` }))
  const transactions = []
  for (const producer of producers) {
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'aborted' }] })
    transactions.push(transaction)
  }
  for (const transaction of transactions.reverse()) await transaction.abort()
  for (const producer of producers) await producer.disconnect()
  await log.publish([{ topic: 't', key: null, value: Buffer.from('good') }])

  await expect
    .poll(async () => {
      const { records } = await log.read('t', 0, offset(0), { records: 10, bytes: 1000 })
      return records.map(({ value }) => String(value))
    })
    .toEqual(['good'])
  const claim = await log.claim('g', 't', 0)
  const read: string[] = []
  while (!read.includes('good')) {
    const { records } = await claim.read({ records: 10, bytes: 1000 }, 1000)
    read.push(...records.map(({ value }) => String(value)))
  }
  expect(read).toEqual(['good'])

  // The consumer that the other tests check with: kafkajs's, mended.
  const consumer = kafka.consumer({ groupId: `${topic}.checker`, maxWaitTimeInMs: 100 })
  const seen: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) })
  await expect.poll(() => seen).toContain('good')
  await sleep(200)
  await consumer.disconnect()
  expect(seen).toEqual(['good'])
})
