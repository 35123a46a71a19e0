import type { CompressionTypes, Producer, RecordMetadata } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import type { PlacedRecord, PlacementRound } from './placement.js'

/** How a producer sends. */
export interface Sending {
  readonly compression: CompressionTypes
  /** Whether there is more than one broker, so that one request of ours becomes several. */
  readonly severalBrokers: () => boolean
}

/**
 * Sends a round and makes sure that the broker answered for every partition of it. Where there are several brokers each
 * partition is sent by itself: kafkajs sends a round to all its brokers at once, and when one of them refuses, as a
 * coordinator does that is still busy with the last transaction, it sends all of it again to those that have not answered
 * by then, too; what they had taken in is there twice. One partition alone is known again by its sequence.
 */
export async function sendRound(
  to: Pick<Producer, 'sendBatch'>,
  round: PlacementRound,
  sending: Sending,
): Promise<void> {
  if (!sending.severalBrokers()) return send(to, round, sending)
  // All are waited for, also when one has failed: nothing is to be on its way when the transaction is aborted.
  const sent = await Promise.allSettled(byPartition(round).map(one => send(to, one, sending)))
  for (const one of sent) if (one.status === 'rejected') throw one.reason
}

async function send(to: Pick<Producer, 'sendBatch'>, round: PlacementRound, { compression }: Sending): Promise<void> {
  const topicMessages = [...round].map(([topic, records]) => ({
    topic,
    messages: records.map(({ partition, key, value, headers }) => ({ partition, key, value, headers })),
  }))
  covered(round, await to.sendBatch({ acks: -1, compression, topicMessages }))
}

function byPartition(round: PlacementRound): readonly PlacementRound[] {
  const found = new Map<string, PlacedRecord[]>()
  for (const record of [...round.values()].flat()) {
    const place = `${record.topic}/${record.partition}`
    const records = found.get(place)
    if (records) records.push(record)
    else found.set(place, [record])
  }
  return [...found.values()].map(records => new Map([[records[0]!.topic, records]]))
}

/**
 * kafkajs asks every broker that leads a partition of the request, and on an error all those again that have not
 * answered. By then leaders may have moved. A partition that went to a broker which had answered is left out without an
 * error, as is one that its metadata does not know yet: its records are lost although the send succeeded. One that went
 * from a broker which had answered is sent again, under a new sequence: its records are there twice. In a transaction
 * both come to nothing when it is aborted (docs/reference/kafka.md#sends-that-lose-records).
 * @throws STEERFLOW_KAFKA_UNREACHABLE when the answer does not cover every record sent, once
 */
function covered(round: PlacementRound, answer: readonly RecordMetadata[]): void {
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
