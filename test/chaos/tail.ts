import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim, Log, LogRecord, Offset } from '../../src/runtime/log.js'
import { names, readAnswered } from './pipeline.js'

/** When a partition of the input first produced again. */
export interface Produced {
  readonly partition: number
  readonly afterMs: number
}

interface Arrival {
  readonly at: number
  readonly by: string
}

const limits = { records: 1000, bytes: 8 << 20 }

/**
 * Follows the output as a reader of committed records sees it, for the times only: what the verdict rests on is read
 * afterwards by a client that has nothing to do with this project. kafkajs's consumer, when its broker goes away, may be
 * silent for a minute after the broker is back.
 */
export class Tail {
  readonly #ids = new Set<string>()
  /** The last arrival of each input partition and worker. */
  readonly #latest = new Map<number, Map<string, Arrival>>()
  readonly #received = new Map<number, number>()
  /** Told of every arrival. */
  readonly #watchers = new Set<(partition: number, arrival: Arrival) => void>()
  readonly #reading: Promise<void>[] = []
  readonly #claims: Claim[] = []
  #stopped = false
  movedAt = performance.now()

  constructor(
    private readonly log: Log,
    private readonly partitionOf: (id: string) => number,
  ) {}

  async start(): Promise<void> {
    const group = `tail-${randomUUID()}`
    for (const { partition } of await this.log.state(names.out)) {
      const claim = await this.log.claim(group, names.out, partition)
      this.#claims.push(claim)
      this.#reading.push(this.#follow(claim))
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#claims.map(claim => claim.release()))
    await Promise.all(this.#reading)
  }

  /** Different records seen so far. */
  get received(): number {
    return this.#ids.size
  }

  /** Of one partition of the input. */
  receivedOf(partition: number): number {
    return this.#received.get(partition) ?? 0
  }

  /** Waits until each of these partitions has produced a record by somebody else, and says how long each took. */
  async producedAgain(
    partitions: Iterable<number>,
    since: number,
    notBy: string,
    limitMs: number,
  ): Promise<readonly Produced[]> {
    const waiting = new Set(partitions)
    const produced: Produced[] = []
    const watch = (partition: number, { at, by }: Arrival): void => {
      if (by === notBy || at < since || !waiting.delete(partition)) return
      produced.push({ partition, afterMs: at - since })
    }
    for (const partition of waiting)
      for (const arrival of this.#latest.get(partition)?.values() ?? []) watch(partition, arrival)
    this.#watchers.add(watch)
    const deadline = performance.now() + limitMs
    while (waiting.size > 0 && performance.now() < deadline) await sleep(20)
    this.#watchers.delete(watch)
    if (waiting.size > 0) throw new Error(`partitions ${[...waiting].join(' ')} did not produce again in ${limitMs} ms`)
    return produced
  }

  async #follow(claim: Claim): Promise<void> {
    let next: Offset = claim.committed
    while (!this.#stopped) {
      try {
        const batch = await claim.read(limits, 1000)
        for (const record of batch.records) if (record.offset >= next) this.#arrived(record)
        next = batch.next
      } catch {
        // Given back, or a broker that is away.
        await sleep(100)
      }
    }
  }

  #arrived({ value }: LogRecord): void {
    const { id, by } = readAnswered(value)
    const partition = this.partitionOf(id)
    const arrival = { at: performance.now(), by }
    this.movedAt = arrival.at
    if (!this.#ids.has(id)) this.#received.set(partition, this.receivedOf(partition) + 1)
    this.#ids.add(id)
    const latest = this.#latest.get(partition) ?? new Map<string, Arrival>()
    this.#latest.set(partition, latest.set(by, arrival))
    for (const watch of this.#watchers) watch(partition, arrival)
  }
}
