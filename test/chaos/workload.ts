import kafkajs, { type Message, type Producer } from 'kafkajs'
import { partitionOf } from '../../src/adapters/log/partitioner.js'
import type { Identified } from '../support/checker.js'
import { random } from './random.js'

/** A record of the input: where it goes follows from its key. */
export interface Sent extends Identified {
  readonly partition: number
}

const keys = 600

/** So many records over 600 keys, in the order in which they are published. */
export function workload(count: number, partitions: number, seed: number): readonly Sent[] {
  const next = random(seed)
  return Array.from({ length: count }, (_, i) => {
    const key = `key-${Math.floor(next() * keys)}`
    return { id: `r${i}`, key, partition: partitionOf(Buffer.from(key), partitions) }
  })
}

function byPartition(messages: readonly Message[]): Iterable<Message[]> {
  const found = new Map<number | undefined, Message[]>()
  for (const message of messages) found.set(message.partition, [...(found.get(message.partition) ?? []), message])
  return found.values()
}

const messageOf = ({ id, key, partition }: Sent): Message => ({ key, partition, value: JSON.stringify({ id, key }) })

/**
 * Publishes them with a bare kafkajs client, in pieces: some plain, some in transactions, and between them transactions
 * that are aborted, whose records nobody must ever see. The topic ends with one of those: a lag must reach 0 beyond it.
 */
export async function publish(
  brokers: readonly string[],
  topic: string,
  sent: readonly Sent[],
  seed: number,
): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    retry: { initialRetryTime: 20 },
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const plain = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  const transactional = kafka.producer({ transactionalId: `${topic}.input`, maxInFlightRequests: 1 })
  await Promise.all([plain.connect(), transactional.connect()])
  const next = random(seed + 1)
  // Partition by partition: what kafkajs sends to several brokers at once may be there twice, or not at all.
  const sendTo = async (to: Pick<Producer, 'send'>, piece: readonly Message[]): Promise<void> => {
    for (const messages of byPartition(piece)) {
      const answer = await to.send({ topic, messages })
      if (answer.length !== 1) throw new Error('the input was not taken')
    }
  }
  const inTransaction = async (messages: Message[], end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await transactional.transaction()
    await sendTo(transaction, messages)
    await transaction[end]()
  }
  for (let at = 0; at < sent.length;) {
    const piece = sent.slice(at, at + 20 + Math.floor(next() * 300)).map(messageOf)
    at += piece.length
    if (next() < 0.5) await sendTo(plain, piece)
    else await inTransaction(piece, 'commit')
    if (next() < 0.3) await inTransaction(ghosts(piece, at), 'abort')
  }
  await inTransaction(ghosts(sent.slice(-200).map(messageOf), sent.length), 'abort')
  await Promise.all([plain.disconnect(), transactional.disconnect()])
}

const ghosts = (like: readonly Message[], at: number): Message[] =>
  like.map((message, i) => ({
    ...message,
    value: JSON.stringify({ id: `ghost-${at}-${i}`, key: String(message.key) }),
  }))
