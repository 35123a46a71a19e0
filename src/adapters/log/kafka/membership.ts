import { SteerflowError, asSteerflowError } from '../../../domain/errors.js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Assignee, Membership } from '../../../runtime/log.js'
import { backoff } from '../../../runtime/retry.js'
import type { KafkaClaim } from './claim.js'
import { isPassing, kafkaError } from './errors.js'
import type { GroupSession, MemberListener } from './member.js'

interface PendingClaim {
  readonly partition: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Decides whether this process may work on a partition: it is assigned, and the coordinator has confirmed the
 * membership after the call.
 */
export class Entitlement {
  #mine: ReadonlySet<number> = new Set()
  readonly #waiting = new Set<PendingClaim>()

  /**
   * Resolves at the next confirmation. @throws STEERFLOW_FENCED if the partition is assigned to another member by then
   */
  of(partition: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.add({ partition, resolve, reject }))
  }

  assign(mine: ReadonlySet<number>): void {
    this.#mine = mine
  }

  confirm(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const { partition, resolve, reject } of waiting)
      if (this.#mine.has(partition)) resolve()
      else reject(new SteerflowError('STEERFLOW_FENCED', `partition ${partition} was given to another member`))
  }

  /** The membership has ended: no partition is ours. */
  end(): void {
    this.#mine = new Set()
    this.confirm()
  }
}

/** Opens a claim of a partition. `entitled` and `onFenced` are the membership's. */
export type OpenClaim = (
  partition: number,
  entitled: () => Promise<void>,
  onFenced: (claim: KafkaClaim) => void,
) => Promise<KafkaClaim>

/**
 * The claims of one member of a group. A partition that stays over a rebalance keeps its claim, and with it the window
 * and the producer. A partition that moves is drained first. A fenced claim is reopened only after the coordinator has
 * confirmed this member again: a process that wakes after a long sleep would otherwise fence its successor
 * (docs/reference/kafka.md#a-fenced-process-waits).
 */
export class KafkaMembership implements Membership, MemberListener {
  readonly #held = new Map<number, KafkaClaim>()
  /** Partitions with a claim that is being opened, and those that are being drained. */
  readonly #opening = new Set<number>()
  readonly #leaving = new Set<number>()
  readonly #entitlement = new Entitlement()
  #mine: ReadonlySet<number> = new Set()
  #member: GroupSession | null = null
  #left = false

  constructor(
    private readonly assignee: Assignee,
    private readonly open: OpenClaim,
  ) {}

  join(member: GroupSession): void {
    this.#member = member
    // Deferred: the caller gets the membership first.
    setImmediate(() => member.start())
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#mine = new Set()
    this.#entitlement.end()
    await Promise.all([...this.#held.values()].map(claim => claim.release()))
    await this.#member?.leave()
  }

  owned(): readonly number[] {
    return [...this.#held.keys(), ...this.#opening]
  }

  assigned(partitions: readonly number[]): void {
    this.#mine = new Set(partitions)
    this.#entitlement.assign(this.#mine)
    const going = [...this.#held.values()].filter(
      ({ partition }) => !this.#mine.has(partition) && !this.#leaving.has(partition),
    )
    if (going.length > 0) void this.#giveBack(going)
  }

  confirmed(): void {
    this.#entitlement.confirm()
    for (const partition of this.#mine) {
      if (this.#left || this.#held.has(partition) || this.#opening.has(partition)) continue
      void this.#take(partition)
    }
  }

  failed(error: Error): void {
    this.assignee.failed(error)
  }

  async #giveBack(claims: readonly KafkaClaim[]): Promise<void> {
    for (const { partition } of claims) this.#leaving.add(partition)
    await Promise.all(
      claims.map(async claim => {
        await this.assignee.revoked(claim).catch(() => undefined)
        await claim.release()
        if (this.#held.get(claim.partition) === claim) this.#held.delete(claim.partition)
        this.#leaving.delete(claim.partition)
      }),
    )
    this.#member?.rejoin()
  }

  /** Claims a partition, with retries while it is assigned to this member. */
  async #take(partition: number): Promise<void> {
    this.#opening.add(partition)
    const wanted = (): boolean => !this.#left && this.#mine.has(partition)
    try {
      for (let attempt = 1; wanted(); attempt++) {
        try {
          const claim = await this.open(
            partition,
            () => this.#entitlement.of(partition),
            lost => this.#lost(lost),
          )
          if (!wanted()) return await claim.release()
          this.#held.set(partition, claim)
          return this.assignee.assigned(claim)
        } catch (thrown) {
          const error = kafkaError(thrown)
          // Fenced while opening: the next confirmation tries again.
          if (error.code === 'STEERFLOW_FENCED') return
          if (!isPassing(error)) throw error
          await sleep(backoff(attempt, { first: 50, most: 2000 }))
        }
      }
    } catch (error) {
      if (!this.#left) this.assignee.failed(asSteerflowError(error))
    } finally {
      this.#opening.delete(partition)
      // The leader counts it as ours, and assigns it to nobody else until we rejoin without it.
      if (!wanted() && !this.#left) this.#member?.rejoin()
    }
  }

  #lost(claim: KafkaClaim): void {
    if (this.#held.get(claim.partition) !== claim) return
    this.#held.delete(claim.partition)
    if (!this.#left) this.assignee.lost(claim)
  }
}
