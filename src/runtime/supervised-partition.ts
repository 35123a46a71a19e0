import { setTimeout as sleep } from 'node:timers/promises'
import { asSteerflowError, type SteerflowError } from '../domain/errors.js'
import type { CloseReason, Idle } from '../stages/stage.js'
import type { PartitionStatus } from './counters.js'
import { type Batch, type Claim, type Offset, offset, type Output, type ReadLimits } from './log.js'
import type { PartitionWork } from './partition.js'
import { type Backoff, backoff, type PartitionTrouble, pauseWaits } from './retry.js'

export interface Supervision {
  readonly trouble: PartitionTrouble
  /** Starts the work again, at the claim's committed offset. */
  readonly begin: (claim: Claim) => PartitionWork
  /** Disables retries: the first failure is passed on. */
  readonly failFast: boolean
  readonly waits?: Backoff
  readonly now?: () => number
}

/** How often to check whether failed work passes again, in milliseconds. */
const lookMs = 100
/** Work that fails again within this many milliseconds after it had passed continues with longer waits. */
const settledMs = 60_000

/**
 * A partition that survives its failures: uncommitted work is dropped, and after a wait, longer each time, the work restarts
 * at the claim's committed offset. So a failure stays within its partition: the others go on, and the next owner of the
 * partition is not stopped by it either.
 */
export class SupervisedPartition implements PartitionWork {
  readonly partition: number
  readonly #stop = new AbortController()
  readonly #claim: WatchedClaim
  #work: PartitionWork | null = null
  #committed: Offset
  #attempts = 0
  /** When a pause last ended. */
  #passed = -Infinity
  /** How far the work had come when it failed: once the next attempt has come further, the pause is over. */
  #mark: Offset
  readonly #now: () => number

  constructor(
    claim: Claim,
    private readonly supervision: Supervision,
  ) {
    this.#now = supervision.now ?? (() => performance.now())
    this.#mark = claim.committed
    this.partition = claim.partition
    this.#committed = claim.committed
    this.#claim = new WatchedClaim(claim)
  }

  get reached(): Offset {
    return this.#work?.reached ?? this.#committed
  }

  get settled(): boolean {
    return this.#work?.settled ?? false
  }

  status(): PartitionStatus {
    const trouble = this.supervision.trouble.current
    const still = { committed: this.#committed, position: this.#committed, inFlight: 0, held: 0, pursuing: 0 }
    const status = this.#work?.status() ?? { partition: this.partition, ...still }
    return trouble ? { ...status, trouble } : status
  }

  cut(reason: CloseReason): void {
    this.#work?.cut?.(reason)
  }

  async idle(idle: Idle): Promise<boolean> {
    if (this.supervision.trouble.current || !this.#work) return false
    return (await this.#work.idle?.(idle)) ?? true
  }

  /** Works until drained or dropped. Rejects with the error that stops the whole run. */
  async run(): Promise<void> {
    let again = false
    while (!this.#stop.signal.aborted) {
      try {
        if (again) this.#committed = await this.#claim.rewind()
        return await this.#once()
      } catch (thrown) {
        again = true
        if (this.#stop.signal.aborted) return
        await this.#pause(asSteerflowError(thrown))
      }
    }
  }

  async drain(): Promise<void> {
    const work = this.#work
    if (work) await work.drain()
    this.drop()
  }

  drop(): void {
    this.#stop.abort()
    this.#work?.drop()
  }

  /** Works until the work ends or fails; a pause is over once the work has passed the point of its failure. */
  async #once(): Promise<void> {
    const { begin, trouble } = this.supervision
    const pause = trouble.current
    const work = (this.#work = begin(this.#claim))
    const look = (): void => {
      // A trouble that the work found by itself is also ended by the work.
      if (pause === null || trouble.current !== pause || !(work.settled || work.reached > this.#mark)) return
      this.#passed = this.#now()
      trouble.over('paused')
    }
    const looking = setInterval(look, lookMs)
    try {
      await work.run()
    } finally {
      clearInterval(looking)
      look()
      if (work.reached > this.#mark) this.#mark = work.reached
      this.#work = null
      this.#committed = offset(work.status().committed)
    }
  }

  /** Waits before the next attempt. @throws errors after which nothing is retried */
  async #pause(error: SteerflowError): Promise<void> {
    const { trouble, failFast, waits = pauseWaits } = this.supervision
    if (failFast || error.code === 'STEERFLOW_FENCED' || this.#claim.unsound) throw error
    if (trouble.current === null && this.#now() - this.#passed > settledMs) this.#attempts = 0
    const wait = backoff(++this.#attempts, waits)
    trouble.failed('paused', error, this.#attempts, wait)
    await sleep(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }
}

/** A claim that remembers whether the log itself reached an impossible state: then nothing is built on it. */
class WatchedClaim implements Claim {
  unsound = false

  constructor(private readonly claim: Claim) {}

  get group(): string {
    return this.claim.group
  }
  get topic(): string {
    return this.claim.topic
  }
  get partition(): number {
    return this.claim.partition
  }
  get committed(): Offset {
    return this.claim.committed
  }

  read(limits: ReadLimits, waitMs: number): Promise<Batch> {
    return this.#watch(this.claim.read(limits, waitMs))
  }

  commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void> {
    return this.#watch(this.claim.commit(from, to, outputs))
  }

  rewind(): Promise<Offset> {
    return this.#watch(this.claim.rewind())
  }

  release(): Promise<void> {
    return this.claim.release()
  }

  async #watch<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      if (asSteerflowError(error).code === 'STEERFLOW_BUG') this.unsound = true
      throw error
    }
  }
}
