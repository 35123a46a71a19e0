import { Kafka as Client } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import { describeWith } from '../parts/describe-with.js'
import { clientConfig } from './client.js'
import { type Kafka, startKafka } from './kafka.js'
import { LISTENERS } from './listeners.js'
import { newTopic, readAll, write } from './round-trip.js'

const describeKafka = await describeWith('kafka')

it('the shared broker passes a message', async () => {
  const config = { brokers: inject('kafka').bootstrap, logLevel: 0 }
  const topic = await newTopic(config)
  await write(config, topic, ['hello'])
  expect(await readAll(config, topic, 1)).toEqual(['hello'])
})

describeKafka('one broker', () => {
  let kafka: Kafka
  beforeAll(async () => {
    kafka = await startKafka({ listeners: LISTENERS, properties: { 'message.max.bytes': '2000' } })
  })
  afterAll(() => kafka?.stop())

  it.each(LISTENERS)('passes a message by the listener %s', async listener => {
    const config = clientConfig(kafka, listener)
    const topic = await newTopic(config)
    await write(config, topic, ['hello'])
    expect(await readAll(config, topic, 1)).toEqual(['hello'])
  })

  it.each(['saslPlain', 'scram', 'scramTls'] as const)('refuses a wrong password at %s', async listener => {
    const wrong = { ...kafka, security: { ...kafka.security, password: 'wrong' } }
    await expect(newTopic(clientConfig(wrong, listener))).rejects.toThrow(/authentication/i)
  })

  it('shows a certificate that only its own authority has signed', async () => {
    const config = { ...clientConfig(kafka, 'tls'), ssl: true, retry: { retries: 0 } }
    await expect(newTopic(config)).rejects.toThrow(/self-signed|unable to (verify|get)/)
  })

  it('takes the properties that were asked for', async () => {
    const config = clientConfig(kafka, 'plain')
    const topic = await newTopic(config)
    await expect(write(config, topic, ['x'.repeat(3000)])).rejects.toThrow(/larger than the max message size/)
  })

  it('has the second version of transactions', async () => {
    expect(await kafka.log(1)).toMatch(/finalizedFeatures=\{[^}]*transaction\.version=2/)
  })

  it('keeps its data when it is killed', async () => {
    const config = clientConfig(kafka, 'plain')
    const topic = await newTopic(config)
    await write(config, topic, ['one', 'two'])
    await kafka.kill(1)
    await expect(newTopic({ ...config, retry: { retries: 0 } })).rejects.toThrow(/ECONNREFUSED|connect/i)
    await kafka.restart(1)
    await write(config, topic, ['three'])
    expect(await readAll(config, topic, 3)).toEqual(['one', 'two', 'three'])
  })

  it('answers again after it was frozen', async () => {
    const config = clientConfig(kafka, 'plain')
    await kafka.freeze(1)
    const impatient = { ...config, connectionTimeout: 500, requestTimeout: 500, retry: { retries: 0 } }
    await expect(newTopic(impatient)).rejects.toThrow(/timeout|timed out/i)
    await kafka.continue(1)
    const topic = await newTopic(config)
    await write(config, topic, ['awake'])
    expect(await readAll(config, topic, 1)).toEqual(['awake'])
  })
})

describeKafka('three brokers', () => {
  it('form a cluster that takes messages when one of them is killed', async () => {
    const kafka = await startKafka({ brokers: 3 })
    try {
      const config = clientConfig(kafka, 'plain')
      const topic = await newTopic(config)
      const admin = new Client(config).admin()
      await admin.connect()
      expect((await admin.describeCluster()).brokers).toHaveLength(3)
      // A broker may hear of a new topic after the one that made it.
      const leader = await vi.waitFor(
        async () => {
          const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
          expect(topics[0]!.partitions[0]!.isr).toHaveLength(3)
          return topics[0]!.partitions[0]!.leader
        },
        { timeout: 60_000, interval: 200 },
      )
      await admin.disconnect()
      await write(config, topic, ['before'])
      await kafka.kill(leader)
      await write(config, topic, ['after'])
      expect(await readAll(config, topic, 2)).toEqual(['before', 'after'])
    } finally {
      await kafka.stop()
    }
  })
})
