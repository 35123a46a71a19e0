import kafkajs, { type Message, type RecordMetadata } from 'kafkajs'
import { partitionOf } from '../../src/adapters/log/partitioner.js'
import { type Identified } from '../support/checker.js'
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
  const inTransaction = async (messages: Message[], end: 'commit' | 'abort'): Promise<void> => {
    for (;;) {
      const transaction = await transactional.transaction()
      const taken = once(messages, await transaction.send({ topic, messages }))
      await transaction[taken ? end : 'abort']()
      if (taken) return
    }
  }
  // Partition by partition: what is sent again to one alone is known again by its sequence.
  const alone = async (piece: Message[]): Promise<void> => {
    for (const messages of byPartition(piece))
      if (!once(messages, await plain.send({ topic, messages }))) throw new Error('input was not taken in full')
  }
  for (let at = 0; at < sent.length;) {
    const piece = sent.slice(at, at + 20 + Math.floor(next() * 300)).map(messageOf)
    at += piece.length
    if (next() < 0.5) await alone(piece)
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

/** Whether each partition has answered once: kafkajs leaves some out, or sends to them twice, when leaders move. */
function once(messages: readonly Message[], answer: readonly RecordMetadata[]): boolean {
  return messages.every(({ partition }) => answer.filter(one => one.partition === partition).length === 1)
}
