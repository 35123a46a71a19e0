import { CompressionTypes, type ProducerBatch, type RecordMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import type { PlacedRecord } from '../../../../src/adapters/log/kafka/placement.js'
import { sendRound } from '../../../../src/adapters/log/kafka/send.js'

const placed = (partition: number): PlacedRecord => ({
  topic: 'out',
  partition,
  key: null,
  value: Buffer.from('v'),
  headers: {},
  bytes: 65,
})
const answer = (partition: number, topicName = 'out'): RecordMetadata => ({ topicName, partition, errorCode: 0 })

const round = new Map([['out', [placed(0), placed(1)]]])

/** Sends a record to each of partitions 0 and 1, and gets this answer. */
async function send(answers: readonly RecordMetadata[]): Promise<void> {
  const to = { sendBatch: async (_: ProducerBatch) => [...answers] }
  await sendRound(to, round, { compression: CompressionTypes.None, severalBrokers: () => false })
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
    const twice = { code: 'STEERFLOW_KAFKA_UNREACHABLE', message: 'records for out/1 were accepted twice' }
    await expect(send([answer(0), answer(1), answer(1)])).rejects.toMatchObject(twice)
  })

  it('goes to each partition by itself where there are several brokers, and is over when all have answered', async () => {
    const asked: number[][] = []
    let late = false
    const to = {
      sendBatch: async ({ topicMessages }: ProducerBatch) => {
        const partitions = topicMessages!.flatMap(({ messages }) => messages.map(({ partition }) => partition!))
        asked.push(partitions)
        if (partitions.includes(0)) throw new Error('busy')
        await new Promise(resolve => setTimeout(resolve, 20))
        late = true
        return partitions.map(partition => answer(partition))
      },
    }
    const sending = { compression: CompressionTypes.None, severalBrokers: () => true }
    await expect(sendRound(to, round, sending)).rejects.toThrow('busy')
    expect(asked).toEqual([[0], [1]])
    expect(late).toBe(true)
  })
})
