import type { CompressionTypes, Producer, RecordMetadata } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import type { PlacedRecord, PlacementRound } from './placement.js'

export interface Sending {
  readonly compression: CompressionTypes
  /** True if there are several brokers, so that kafkajs splits a request. */
  readonly severalBrokers: () => boolean
}

/**
 * Sends a round and makes sure that the brokers confirm every partition of it. With several brokers each partition is
 * sent separately: kafkajs sends a round to all its brokers at once, and when one of them refuses, e.g. a coordinator
 * that is still busy with the last transaction, it sends the whole round again to all that have not answered by then;
 * records that they had accepted are duplicated. A single partition is recognized by its sequence.
 */
export async function sendRound(
  to: Pick<Producer, 'sendBatch'>,
  round: PlacementRound,
  sending: Sending,
): Promise<void> {
  if (!sending.severalBrokers()) return send(to, round, sending)
  // Waits for all, also after a failure: nothing may be in flight when the transaction is aborted.
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
 * kafkajs sends to every broker that leads a partition of the request, and after an error again to all that have not
 * answered. Leaders may have moved by then. A partition that moved to a broker that had answered is omitted without an
 * error, as is one that its metadata does not contain yet: its records are lost although the send succeeded. A
 * partition that moved from a broker that had answered is sent again with a new sequence: its records are duplicated.
 * In a transaction an abort undoes both (docs/reference/kafka.md#sends-that-lose-records).
 * @throws STEERFLOW_KAFKA_UNREACHABLE if the response does not cover every record exactly once
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
      const what = times === 0 ? 'not accepted' : 'accepted twice'
      throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `records for ${topic}/${partition} were ${what}`)
    }
  }
}
