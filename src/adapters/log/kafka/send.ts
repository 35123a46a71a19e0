import { type CompressionTypes, type Producer, type RecordMetadata } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { type Round } from './placement.js'

/** Sends a round and makes sure that the broker answered for every partition of it. */
export async function sendRound(
  to: Pick<Producer, 'sendBatch'>,
  round: Round,
  compression: CompressionTypes,
): Promise<void> {
  const topicMessages = [...round].map(([topic, records]) => ({
    topic,
    messages: records.map(({ partition, key, value, headers }) => ({ partition, key, value, headers })),
  }))
  covered(round, await to.sendBatch({ acks: -1, compression, topicMessages }))
}

/**
 * A partition that kafkajs's metadata does not know yet, or one that changed its leader in mid-request, is left out
 * without an error (spec/kafka §2): its records are lost although the send succeeded.
 * @throws STEERFLOW_KAFKA_UNREACHABLE when the answer does not cover every record sent
 */
function covered(round: Round, answer: readonly RecordMetadata[]): void {
  const answered = new Set(answer.map(({ topicName, partition }) => `${topicName}/${partition}`))
  for (const [topic, records] of round) {
    const lost = records.find(({ partition }) => !answered.has(`${topic}/${partition}`))
    if (lost)
      throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `records for ${topic}/${lost.partition} were not taken`)
  }
}
