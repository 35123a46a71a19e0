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
 * kafkajs asks every broker that leads a partition of the request, and on an error all those again that have not
 * answered. By then leaders may have moved. A partition that went to a broker which had answered is left out without an
 * error, as is one that its metadata does not know yet (spec/kafka §2): its records are lost although the send succeeded.
 * One that went from a broker which had answered is sent again, under a new sequence: its records are there twice. In a
 * transaction both come to nothing when it is aborted.
 * @throws STEERFLOW_KAFKA_UNREACHABLE when the answer does not cover every record sent, once
 */
function covered(round: Round, answer: readonly RecordMetadata[]): void {
  const answers = new Map<string, number>()
  for (const { topicName, partition } of answer) {
    const place = `${topicName}/${partition}`
    answers.set(place, (answers.get(place) ?? 0) + 1)
  }
  for (const [topic, records] of round) {
    for (const { partition } of records) {
      const times = answers.get(`${topic}/${partition}`) ?? 0
      if (times === 1) continue
      const what = times === 0 ? 'not taken' : 'taken twice'
      throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `records for ${topic}/${partition} were ${what}`)
    }
  }
}
