import { protocolError } from '../cluster.js'
import { compactArray, compactString, CompactReader, int32, noTags, type WireRequest } from '../compact.js'

/**
 * Descriptions of transactions by brokers: DescribeTransactions and DescribeProducers, both in version 0 (KIP-664).
 * Layout: Kafka's DescribeTransactionsRequest.json, DescribeProducersRequest.json, and their responses.
 */

export const describeTransactionsKey = 65
export const describeProducersKey = 61

/** Partitions of topics, by the brokers' names. */
export type Places = ReadonlyMap<string, readonly number[]>

export function placesOf(all: Iterable<{ readonly topic: string; readonly partition: number }>): Places {
  const places = new Map<string, number[]>()
  for (const { topic, partition } of all) places.set(topic, [...(places.get(topic) ?? []), partition])
  return places
}

/** A transactional id as its coordinator knows it. */
export interface DescribedTransaction {
  /** Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, or a state newer than this program. */
  readonly state: string
  readonly producerId: bigint
  /** Incremented for each new writer, and when brokers abandon a transaction. */
  readonly epoch: number
  /** The partitions of an incomplete transaction that have no end marker yet. */
  readonly places: Places
}

/** A transaction that has records but no end marker in a partition. */
export interface OpenTransaction {
  readonly topic: string
  readonly partition: number
  readonly producerId: bigint
}

/** Asks the coordinator of a transactional id; null if it does not know the id. */
export const describeTransaction = (transactionalId: string): WireRequest<DescribedTransaction | null> => ({
  apiKey: describeTransactionsKey,
  apiName: 'DescribeTransactions',
  apiVersion: 0,
  body: Buffer.concat([compactArray([compactString(transactionalId)]), noTags]),
  decode: payload => {
    const reader = new CompactReader(payload)
    reader.tags()
    reader.skip(4)
    const [found] = reader.array(() => {
      const error = reader.int16()
      reader.string()
      const state = reader.string()
      reader.skip(12)
      const producerId = reader.int64()
      const epoch = reader.int16()
      const places = new Map(
        reader.array(() => {
          const topic = reader.string()
          const partitions = reader.array(() => reader.int32())
          reader.tags()
          return [topic, partitions] as const
        }),
      )
      reader.tags()
      return { error, described: { state, producerId, epoch, places } }
    })
    if (!found || found.error === idNotFound) return null
    if (found.error !== 0) throw protocolError(found.error)
    return found.described
  },
})

/** Open transactions that a leader reports, and the topics that it may not describe. */
export interface OpenAtLeader {
  readonly open: readonly OpenTransaction[]
  readonly hidden: readonly string[]
}

/** Asks the leader of partitions for their open transactions. */
export const describeOpenTransactions = (places: Places): WireRequest<OpenAtLeader> => ({
  apiKey: describeProducersKey,
  apiName: 'DescribeProducers',
  apiVersion: 0,
  body: Buffer.concat([
    compactArray(
      [...places].map(([topic, partitions]) =>
        Buffer.concat([compactString(topic), compactArray(partitions.map(int32)), noTags]),
      ),
    ),
    noTags,
  ]),
  decode: payload => {
    const reader = new CompactReader(payload)
    reader.tags()
    reader.skip(4)
    const open: OpenTransaction[] = []
    const hidden: string[] = []
    reader.array(() => {
      const topic = reader.string()
      reader.array(() => {
        const partition = reader.int32()
        const error = reader.int16()
        reader.string()
        reader.array(() => {
          const producerId = reader.int64()
          reader.skip(20)
          if (reader.int64() >= 0n) open.push({ topic, partition, producerId })
          reader.tags()
        })
        reader.tags()
        if (error === notAuthorized) hidden.push(topic)
        else if (error !== 0) throw protocolError(error)
      })
      reader.tags()
    })
    return { open, hidden }
  },
})

/** Kafka's numbers of the errors with a special meaning here. */
const idNotFound = 105
const notAuthorized = 29
