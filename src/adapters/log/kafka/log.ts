import type {
  Assignee,
  Batch,
  Claim,
  ClaimOptions,
  GroupOnTopic,
  Log,
  Membership,
  Offset,
  Output,
  PartitionState,
  ReadLimits,
  TopicSpec,
} from '../../../runtime/log.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { untilDone } from '../../../runtime/retry.js'
import { bare, type Wire } from '../../../runtime/wire.js'
import type { KafkaReport } from './client-log.js'
import { KafkaAdmin } from './admin.js'
import { asked } from './asked.js'
import type { KafkaClaim } from './claim.js'
import { begunMark, storedOffsets } from './ledger.js'
import { GroupSession } from './member.js'
import { KafkaMembership } from './membership.js'
import { type ClaimRequest, openClaim } from './open-claim.js'
import { KafkaParts } from './parts.js'
import { retain } from './retention.js'
import { KafkaSettings } from './settings.js'
import { TopicWatch } from './topic-ids.js'

/**
 * Opens the log on a Kafka cluster, shared by any number of processes on any number of machines.
 * @param wire framing of values
 * @param report receives the log of the client
 * @throws STEERFLOW_KAFKA_UNREACHABLE, STEERFLOW_KAFKA_REFUSED
 */
export async function openKafkaLog(
  options: unknown,
  wire: Wire = bare,
  report: KafkaReport = () => undefined,
): Promise<Log> {
  return asked(async () => new KafkaLog(await KafkaParts.open(KafkaSettings.parse(options), wire, report)))
}

class KafkaLog implements Log {
  readonly features = { name: 'kafka', sharesPartitions: true, compactsBehindGroups: false, pollMs: 500 }
  readonly #members = new Set<Membership>()
  readonly #claims = new Set<KafkaClaim>()
  #ensured: readonly TopicSpec[] = []
  readonly admin: KafkaAdmin
  readonly #watch: TopicWatch
  #closed = false

  constructor(private readonly parts: KafkaParts) {
    this.admin = new KafkaAdmin(parts)
    this.#watch = new TopicWatch(
      parts.topicIds,
      () =>
        new Map(
          [...this.#claims].flatMap(({ topic, topicId }) => (topicId ? [[parts.names.topic(topic), topicId]] : [])),
        ),
      (brokerTopic, now) => {
        for (const claim of this.#claims) if (parts.names.topic(claim.topic) === brokerTopic) void claim.replaced(now)
      },
    )
  }

  get maxValueBytes(): number {
    return this.parts.topics.maxValueBytes
  }

  /**
   * A transaction costs a broker the same for one record as for a thousand, so with more writers each commits less
   * often.
   */
  get lingerMs(): number {
    return Math.min(500, 6 * this.#claims.size)
  }

  ensure(topics: readonly TopicSpec[]): Promise<void> {
    return asked(async () => {
      await this.parts.topics.ensure(topics)
      const renewed = new Set(topics.map(({ name }) => name))
      this.#ensured = [...this.#ensured.filter(({ name }) => !renewed.has(name)), ...topics]
    })
  }

  topics(): Promise<readonly TopicSpec[]> {
    return asked(async () => {
      await this.parts.topics.look()
      return this.parts.topics.all().map(({ name, partitions, retention }) => ({ name, partitions, retention }))
    })
  }

  async join(group: string, topic: string, assignee: Assignee): Promise<Membership> {
    await this.#known(topic)
    const { names, settings, direct } = this.parts
    const membership: KafkaMembership = new KafkaMembership(assignee, (partition, entitled, onFenced) =>
      this.#open({
        group,
        topic,
        partition,
        entitled,
        onFenced,
        member: () => member.membership,
        ifForgotten: null,
      }),
    )
    const member: GroupSession = new GroupSession(
      this.parts.newCluster(),
      direct,
      { groupId: names.group(group), brokerTopic: names.topic(topic), sessionTimeoutMs: settings.sessionTimeoutMs },
      membership,
    )
    membership.join(member)
    this.#members.add(membership)
    return {
      leave: async () => {
        this.#members.delete(membership)
        await membership.leave()
      },
    }
  }

  async claim(group: string, topic: string, partition: number, { ifForgotten }: ClaimOptions = {}): Promise<Claim> {
    if ((await this.parts.topics.has(topic)) && partition >= this.parts.topics.partitions(topic))
      throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `topic ${topic} has no partition ${partition}`)
    const entitled = async (): Promise<void> => undefined
    const request = {
      group,
      topic,
      partition,
      entitled,
      onFenced: () => undefined,
      member: null,
      ifForgotten: ifForgotten ?? null,
    }
    return untilDone(() => asked(() => this.#open(request)), AbortSignal.timeout(60_000))
  }

  async publish(outputs: readonly Output[]): Promise<void> {
    if (outputs.length === 0) return
    for (const topic of new Set(outputs.map(output => output.topic))) await this.#known(topic)
    await this.parts.publisher.publish(outputs.map(output => this.parts.placement.place(output)))
  }

  async read(topic: string, partition: number, from: Offset, limits: ReadLimits): Promise<Batch> {
    await this.#known(topic)
    if (partition >= this.parts.topics.partitions(topic))
      throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `topic ${topic} has no partition ${partition}`)
    return asked(() => this.parts.read(topic, partition, from, limits))
  }

  async state(topic: string): Promise<readonly PartitionState[]> {
    await this.#known(topic)
    return asked(() => this.parts.extents(topic))
  }

  async committed(group: string, topic: string): Promise<ReadonlyMap<number, Offset>> {
    const { admin, names } = this.parts
    const own = [...this.#claims].filter(claim => claim.group === group && claim.topic === topic)
    const look = () => asked(() => storedOffsets(admin, names.group(group), names.topic(topic)))
    let stored = await look()
    for (let looks = 0; looks < 20 && own.some(claim => claim.isBehind(stored.get(claim.partition))); looks++) {
      await sleep(25)
      stored = await look()
    }
    return new Map([...stored].flatMap(([at, { offset, mark }]) => (mark === begunMark ? [] : [[at, offset] as const])))
  }

  async groups(): Promise<readonly GroupOnTopic[]> {
    const { admin, names } = this.parts
    const { groups } = await asked(() => admin.listGroups())
    const own = groups.flatMap(({ groupId }) => names.own(groupId) ?? [])
    const found: GroupOnTopic[] = []
    for (const group of own) {
      const topics = await asked(() => admin.fetchOffsets({ groupId: names.group(group) }))
      for (const { topic, partitions } of topics) {
        const name = names.own(topic)
        const hasCommitted = partitions.some(({ offset, metadata }) => Number(offset) >= 0 && metadata !== begunMark)
        if (name !== null && hasCommitted) found.push({ group, topic: name })
      }
    }
    return found
  }

  retain(now: number): Promise<void> {
    return asked(() => retain(this.parts.admin, this.parts.names, this.#ensured, now))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#watch.close()
    await Promise.all([...this.#members].map(member => member.leave()))
    await Promise.all([...this.#claims].map(claim => claim.release()))
    await this.parts.close()
  }

  async #open(request: ClaimRequest): Promise<KafkaClaim> {
    const claim = await openClaim(this.parts, request, ended => this.#claims.delete(ended))
    this.#claims.add(claim)
    if (claim.topicId !== null) this.#watch.start()
    return claim
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN */
  async #known(topic: string): Promise<void> {
    if (!(await this.parts.topics.has(topic))) this.parts.topics.partitions(topic)
  }
}
