import { CompressionTypes, type ProducerBatch, type RecordMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { type Placed } from '../../../../src/adapters/log/kafka/placement.js'
import { sendRound } from '../../../../src/adapters/log/kafka/send.js'

const placed = (partition: number): Placed => ({
  topic: 'out',
  partition,
  key: null,
  value: Buffer.from('v'),
  headers: {},
  bytes: 65,
})
const answer = (partition: number, topicName = 'out'): RecordMetadata => ({ topicName, partition, errorCode: 0 })

/** Sends a record to each of partitions 0 and 1, and gets this answer. */
async function send(answers: readonly RecordMetadata[]): Promise<void> {
  const to = { sendBatch: async (_: ProducerBatch) => [...answers] }
  await sendRound(to, new Map([['out', [placed(0), placed(1)]]]), CompressionTypes.None)
}

describe('a send', () => {
  it('is done when every partition has answered', async () => {
    await send([answer(1), answer(0)])
  })

  it('failed when a partition was left out, although kafkajs says nothing', async () => {
    const transient = { code: 'STEERFLOW_KAFKA_UNREACHABLE', kind: 'transient' }
    await expect(send([answer(0)])).rejects.toMatchObject(transient)
    await expect(send([answer(0), answer(1, 'elsewhere')])).rejects.toMatchObject(transient)
  })

  it('failed when a partition has answered twice: its leader moved, and its records were sent again', async () => {
    const twice = { code: 'STEERFLOW_KAFKA_UNREACHABLE', message: 'records for out/1 were taken twice' }
    await expect(send([answer(0), answer(1), answer(1)])).rejects.toMatchObject(twice)
  })
})
