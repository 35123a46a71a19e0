import { setTimeout as sleep } from 'node:timers/promises'
import { backoff } from '../../../runtime/retry.js'
import { Wakeup, race } from '../../../runtime/concurrency.js'
import { share } from './assignment.js'
import type { Broker, Cluster } from './cluster.js'
import { isRejoining, isUnknownMember, kafkaError } from './errors.js'
import { assigning, assignedOf, joining, memberOf } from './group-protocol.js'

export interface MemberSettings {
  readonly groupId: string
  readonly brokerTopic: string
  /** A member that is silent for longer has left. */
  readonly sessionTimeoutMs: number
}

export interface MemberListener {
  /** Partitions that this process owns or is claiming. */
  owned(): readonly number[]
  /** The new assignment; owned partitions that are missing have to be released. Must not throw. */
  assigned(partitions: readonly number[]): void
  /** The coordinator has just confirmed the membership. */
  confirmed(): void
  /** An error that waiting does not repair. */
  failed(error: Error): void
}

/** How long the coordinator waits for members to rejoin, in milliseconds. Work continues meanwhile. */
const rebalanceTimeoutMs = 10_000

/**
 * This process as a member of a consumer group: it joins, sends heartbeats, rejoins when the group changes, and assigns
 * the partitions when it is the leader. Heartbeats do not depend on other work in the process.
 */
export class GroupSession {
  readonly #signal = new Wakeup()
  #id = ''
  #generation = -1
  #rejoin = false
  #stopped = false
  #coordinator: Broker | null = null
  #running: Promise<void> = Promise.resolve()

  /**
   * @param cluster connections for this member only, since a join blocks them
   * @param aside connections for leaving while a join is under way
   */
  constructor(
    private readonly cluster: Cluster,
    private readonly aside: Cluster,
    private readonly settings: MemberSettings,
    private readonly listener: MemberListener,
  ) {}

  start(): void {
    this.#running = this.#run()
  }

  /** The member's id and current generation, for offset commits. */
  get membership(): { readonly memberId: string; readonly generation: number } {
    return { memberId: this.#id, generation: this.#generation }
  }

  /** Requests a rebalance, since a partition was released. */
  rejoin(): void {
    this.#rejoin = true
    this.#signal.raise()
  }

  /** Leaves, so that the other members need not wait for the session to expire. */
  async leave(): Promise<void> {
    this.#stopped = true
    this.#signal.raise()
    await race([this.#sayGoodbye().catch(() => undefined), sleep(2000)])
    await race([this.cluster.disconnect().catch(() => undefined), sleep(2000)])
    await race([this.#running, sleep(2000)])
  }

  async #sayGoodbye(): Promise<void> {
    if (!this.#id) return
    const { groupId } = this.settings
    const coordinator = await this.aside.findGroupCoordinator({ groupId })
    await coordinator.leaveGroup({ groupId, memberId: this.#id })
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopped;) {
      try {
        await this.#join()
        failures = 0
        await this.#beat()
      } catch (thrown) {
        if (this.#stopped) return
        if (isUnknownMember(thrown)) this.#id = ''
        if (isUnknownMember(thrown) || isRejoining(thrown)) continue
        const error = kafkaError(thrown)
        // An unknown error may still be temporary.
        if (error.kind === 'fatal' && (error.code !== 'STEERFLOW_KAFKA_FAILED' || failures > 5))
          return this.listener.failed(error)
        this.#coordinator = null
        await this.#signal.wait(backoff(++failures, { first: 50, most: 2000 }))
        await this.cluster.refreshMetadata().catch(() => undefined)
      }
    }
  }

  async #join(): Promise<void> {
    const { groupId, brokerTopic, sessionTimeoutMs } = this.settings
    this.#rejoin = false
    await this.cluster.connect()
    await this.cluster.addMultipleTargetTopics([brokerTopic])
    const coordinator = (this.#coordinator = await this.cluster.findGroupCoordinator({ groupId }))
    const joined = await coordinator.joinGroup({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      memberId: this.#id,
      groupProtocols: [joining(brokerTopic, { owned: this.listener.owned(), generation: this.#generation })],
    })
    this.#id = joined.memberId
    const leads = joined.leaderId === joined.memberId
    const synced = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? await this.#share(joined.members) : [],
    })
    this.#generation = joined.generationId
    if (this.#stopped) return
    this.listener.assigned(assignedOf(brokerTopic, synced.memberAssignment))
    this.listener.confirmed()
  }

  async #share(members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]) {
    await this.cluster.refreshMetadata()
    const joined = members.map(({ memberId, memberMetadata }) => memberOf(memberId, memberMetadata))
    return assigning(this.settings.brokerTopic, share(joined, this.#partitions()))
  }

  /** Sends heartbeats until the group changes or a partition was released. */
  async #beat(): Promise<void> {
    const { groupId, sessionTimeoutMs } = this.settings
    const every = Math.min(300, sessionTimeoutMs / 6)
    const known = this.#partitions().length
    while (!this.#stopped && !this.#rejoin) {
      await this.#signal.wait(every)
      if (this.#stopped || this.#rejoin) return
      const coordinator = (this.#coordinator ??= await this.cluster.findGroupCoordinator({ groupId }))
      const asked = performance.now()
      await coordinator.heartbeat({ groupId, memberId: this.#id, groupGenerationId: this.#generation })
      // A response that arrives after a long sleep is out of date.
      if (performance.now() - asked < sessionTimeoutMs / 2) this.listener.confirmed()
      await this.cluster.refreshMetadataIfNecessary()
      // Partitions added to the topic have no owner yet.
      if (this.#partitions().length !== known) return
    }
  }

  #partitions(): readonly number[] {
    return this.cluster
      .findTopicPartitionMetadata(this.settings.brokerTopic)
      .map(({ partitionId }) => partitionId)
      .sort((a, b) => a - b)
  }
}
