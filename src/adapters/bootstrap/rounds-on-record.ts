import { setTimeout as sleep } from 'node:timers/promises'
import { type Round, type RoundEvent } from '../../domain/bootstrap/round.js'
import { SteerflowError } from '../../domain/errors.js'
import { type Log, type Offset } from '../../runtime/log.js'
import { reader } from '../../stages/bind.js'
import { type KnownRound, type Rounds } from '../../stages/needs.js'
import { type Topic } from '../../stages/topic.js'

const limits = { records: 500, bytes: 8 << 20 }

/** What is on record of a round that was opened. */
interface OnRecord {
  readonly round: Round
  readonly givenUp: boolean
  readonly closed: boolean
}

/**
 * Follows the rounds on record. Every node that works on prompts asks for every record, so that the log is looked at at
 * most once in `pollMs`, and of a topic that has grown only what is new is read.
 */
export class RoundsOnRecord implements Rounds {
  readonly #known = new Map<string, OnRecord>()
  readonly #read = new Map<number, Offset>()
  readonly #decode: (value: Buffer) => RoundEvent
  #looked = -Infinity
  /** A look that is under way serves all who ask meanwhile. */
  #looking: Promise<void> | null = null

  constructor(
    private readonly log: Pick<Log, 'state' | 'read'>,
    private readonly topic: Topic<typeof RoundEvent>,
    private readonly pollMs = 200,
  ) {
    this.#decode = reader(topic)
  }

  /** Fewest answers that are sampled of a prompt in the rounds that are open; 1 where none is. */
  get samples(): number {
    const open = [...this.#known.values()].filter(({ closed }) => !closed)
    return open.length === 0 ? 1 : Math.min(...open.map(({ round }) => round.plan.samples))
  }

  async of(name: string, signal: AbortSignal): Promise<KnownRound> {
    for (;;) {
      await this.#fresh()
      const known = this.#known.get(name)
      if (known?.closed) {
        const message = `every prompt of the round ${name} is accounted for already`
        throw new SteerflowError('STEERFLOW_ROUND_CLOSED', message)
      }
      if (known) return known
      await sleep(this.pollMs, undefined, { signal })
    }
  }

  async #fresh(): Promise<void> {
    if (performance.now() - this.#looked < this.pollMs) return
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
    await this.#looking
  }

  async #look(): Promise<void> {
    const at = performance.now()
    for (const { topic, partition, start, end } of await this.log.state(this.topic.name)) {
      const read = this.#read.get(partition) ?? start
      for (let from = read < start ? start : read; from < end;) {
        const { records, next } = await this.log.read(topic, partition, from, limits)
        for (const { value } of records) this.#take(value)
        if (next <= from) break
        from = next
        this.#read.set(partition, next)
      }
    }
    this.#looked = at
  }

  /** What cannot be read is no event: the node that opens and closes rounds makes a dead letter of it. */
  #take(value: Buffer): void {
    const event = this.#event(value)
    if (!event) return
    const known = this.#known.get(event.round)
    if (event.event === 'opened' && event.opening && !known) {
      this.#known.set(event.round, { round: event.opening, givenUp: false, closed: false })
    }
    if (!known) return
    if (event.event === 'closed') this.#known.set(event.round, { ...known, closed: true })
    if (event.event === 'stopped' && event.by === 'person') this.#known.set(event.round, { ...known, givenUp: true })
  }

  #event(value: Buffer): RoundEvent | null {
    try {
      return this.#decode(value)
    } catch {
      return null
    }
  }
}
