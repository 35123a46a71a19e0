import { createRequire } from 'node:module'
import type { Broker as KafkaBroker, Cluster as KafkaCluster, Kafka } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'

/**
 * The one file that reaches behind kafkajs's public interface. Its consumer joins a group to read anything, is told of a
 * rebalance when it is over, and lets one partition's error hold up the others; the log needs to read without a group,
 * to hand a partition over in good order, and to keep each partition's position itself. kafkajs's connections, encoding
 * and retries are used as they are. Its version is pinned: these shapes are not part of its interface.
 */

/** A message as kafkajs decodes it. */
export interface RawMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
  readonly isControlRecord: boolean
  readonly batchContext: {
    readonly producerId: string
    readonly inTransaction: boolean
    readonly firstOffset: string
    readonly lastOffsetDelta: number
  }
}

export interface RawPartition {
  readonly partition: number
  /** End of the partition, what is not committed yet included. */
  readonly highWatermark: string
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null
  readonly messages: readonly RawMessage[]
}

interface FetchAnswer {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly RawPartition[] }[]
}

export interface JoinAnswer {
  readonly generationId: number
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

interface Transaction {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

/** What a broker is asked beside what kafkajs declares. */
export interface Broker extends Pick<KafkaBroker, 'metadata' | 'offsetCommit' | 'offsetFetch'> {
  fetch(request: {
    readonly isolationLevel: number
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }): Promise<FetchAnswer>
  joinGroup(request: {
    readonly groupId: string
    readonly sessionTimeout: number
    readonly rebalanceTimeout: number
    readonly memberId: string
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
  }): Promise<JoinAnswer>
  syncGroup(request: {
    readonly groupId: string
    readonly generationId: number
    readonly memberId: string
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]
  }): Promise<{ readonly memberAssignment: Buffer }>
  heartbeat(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
  }): Promise<unknown>
  initProducerId(request: {
    readonly transactionalId: string
    readonly transactionTimeout: number
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
  addPartitionsToTxn(
    request: Transaction & {
      readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
    },
  ): Promise<unknown>
  addOffsetsToTxn(request: Transaction & { readonly groupId: string }): Promise<unknown>
  endTxn(request: Transaction & { readonly transactionResult: boolean }): Promise<unknown>
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
}

/** Connections of their own to the brokers, with the metadata of the topics that they are used for. */
export interface Cluster extends Pick<
  KafkaCluster,
  | 'connect'
  | 'disconnect'
  | 'refreshMetadata'
  | 'refreshMetadataIfNecessary'
  | 'findTopicPartitionMetadata'
  | 'addMultipleTargetTopics'
  | 'fetchTopicsOffset'
> {
  readonly brokerPool: { readonly metadata: { readonly brokers: readonly { readonly nodeId: number }[] } | null }
  findBroker(node: { readonly nodeId: string }): Promise<Broker>
  /** Of a group, or of a transactional id: then its kind is 1. */
  findGroupCoordinator(group: { readonly groupId: string; readonly coordinatorType?: number }): Promise<Broker>
}

/** What a reader gets to see: all records, or only those of committed transactions. */
export const isolation = { uncommitted: 0, committed: 1 } as const

type Create = (options: {
  readonly metadataMaxAge: number
  readonly allowAutoTopicCreation: boolean
  readonly isolationLevel: number
}) => Cluster

/** How long metadata is believed, in milliseconds; so late are new partitions found. */
const metadataMaxAge = 5000

/** Connections for one purpose. A broker answers one request of a connection after the other, so that long waits need their own. */
export function openCluster(kafka: Kafka): Cluster {
  const created = Object.getOwnPropertySymbols(kafka).find(
    symbol => symbol.description === 'private:Kafka:createCluster',
  )
  const create = created && (kafka as unknown as Record<symbol, unknown>)[created]
  if (typeof create !== 'function')
    throw new SteerflowError('STEERFLOW_BUG', 'kafkajs is not the version that is pinned')
  return (create as Create)({ metadataMaxAge, allowAutoTopicCreation: false, isolationLevel: isolation.uncommitted })
}

/**
 * The error of a number of the protocol, as kafkajs makes it of the answers that it decodes itself: so that those of our
 * own requests are judged by the same rules.
 */
export const protocolError = (
  createRequire(import.meta.url)('kafkajs/src/protocol/error') as { createErrorFromCode: (code: number) => Error }
).createErrorFromCode

/** The broker that leads a partition; null while none is known. */
export function leaderOf(cluster: Cluster, brokerTopic: string, partition: number): string | null {
  try {
    const found = cluster.findTopicPartitionMetadata(brokerTopic).find(one => one.partitionId === partition)
    return found && found.leader >= 0 ? String(found.leader) : null
  } catch {
    // Thrown before the first metadata has come.
    return null
  }
}

/** Whether the last metadata names more than one broker, or there is none yet. */
export function hasSeveralBrokers(cluster: Cluster): boolean {
  return cluster.brokerPool.metadata?.brokers.length !== 1
}
