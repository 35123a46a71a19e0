import { createRequire } from 'node:module'
import type { Broker as KafkaBroker, Cluster as KafkaCluster, Kafka } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'

/**
 * The only module that uses kafkajs internals. kafkajs's consumer joins a group to read anything, learns of a rebalance
 * after it is over, and lets an error of one partition block the others; the log needs to read without a group, to hand
 * partitions over cleanly, and to keep each partition's position itself. kafkajs's connections, encoding and retries
 * are used unchanged. Its version is pinned: these shapes are not part of its interface.
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
  /** End of the partition, including uncommitted records. */
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

/** Requests to a broker, including some that kafkajs does not declare. */
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

/** Separate connections to the brokers, with the metadata of their topics. */
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
  /** Of a group, or with type 1 of a transactional id. */
  findGroupCoordinator(group: { readonly groupId: string; readonly coordinatorType?: number }): Promise<Broker>
}

/** The records that a reader sees: all, or only those of committed transactions. */
export const isolation = { uncommitted: 0, committed: 1 } as const

type Create = (options: {
  readonly metadataMaxAge: number
  readonly allowAutoTopicCreation: boolean
  readonly isolationLevel: number
}) => Cluster

/** Lifetime of metadata in milliseconds, and so the delay until new partitions are found. */
const metadataMaxAge = 5000

/**
 * Connections for one purpose. A broker answers the requests of a connection in sequence, so long polls need their own.
 */
export function openCluster(kafka: Kafka): Cluster {
  const created = Object.getOwnPropertySymbols(kafka).find(
    symbol => symbol.description === 'private:Kafka:createCluster',
  )
  const create = created && (kafka as unknown as Record<symbol, unknown>)[created]
  if (typeof create !== 'function') throw new SteerflowError('STEERFLOW_BUG', 'kafkajs is not the pinned version')
  return (create as Create)({ metadataMaxAge, allowAutoTopicCreation: false, isolationLevel: isolation.uncommitted })
}

/**
 * Makes kafkajs's error for a protocol error number, so that errors of our own requests are classified by the same
 * rules.
 */
export const protocolError = (
  createRequire(import.meta.url)('kafkajs/src/protocol/error') as { createErrorFromCode: (code: number) => Error }
).createErrorFromCode

/** The broker that leads a partition; null if unknown. */
export function leaderOf(cluster: Cluster, brokerTopic: string, partition: number): string | null {
  try {
    const found = cluster.findTopicPartitionMetadata(brokerTopic).find(one => one.partitionId === partition)
    return found && found.leader >= 0 ? String(found.leader) : null
  } catch {
    // Thrown before the first metadata has arrived.
    return null
  }
}

/** True if the last metadata names more than one broker, or there is none yet. */
export function hasSeveralBrokers(cluster: Cluster): boolean {
  return cluster.brokerPool.metadata?.brokers.length !== 1
}
