import { emptyLoop, type LoopState, type RoundState, withRoundEvent } from '../../domain/bootstrap/loop-state.js'
import type { RoundEvent } from '../../domain/bootstrap/round.js'
import { SteerflowError } from '../../domain/errors.js'
import { type Log, type Offset, readingOn } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { reader } from '../../stages/node.js'
import type { KnownRound, Rounds } from '../../stages/needs.js'
import type { Topic } from '../../stages/topic.js'

/**
 * Follows the rounds on record. Every node that works on prompts calls this for every record, so the log is checked at
 * most once in `pollMs`, and only new records of a topic are read.
 */
export class RoundsOnRecord implements Rounds {
  readonly #loops = new Map<string, LoopState>()
  readonly #read = new Map<number, Offset>()
  readonly #decode: (value: Buffer) => RoundEvent
  #looked = -Infinity
  /** Concurrent callers share one check. */
  #looking: Promise<void> | null = null

  constructor(
    private readonly log: Pick<Log, 'state' | 'read'>,
    private readonly topic: Topic<typeof RoundEvent>,
    private readonly pollMs = 200,
    /** Receives a note while a caller waits. */
    private readonly waits = new Waits(),
  ) {
    this.#decode = reader(topic)
  }

  /** The smallest number of sampled answers per prompt in the open rounds; 1 if there are none. */
  get samples(): number {
    const open = this.#rounds().flatMap(({ round, summary }) => (round && !summary ? [round.plan.samples] : []))
    return open.length === 0 ? 1 : Math.min(...open)
  }

  of(name: string, signal: AbortSignal): Promise<KnownRound> {
    const look = async (): Promise<KnownRound | null> => {
      await this.#fresh()
      const known = this.#rounds().find(({ request }) => request.round === name)
      if (!known?.round) return null
      if (!known.summary) return { round: known.round, givenUp: known.givenUp }
      const message = `every prompt of the round ${name} is accounted for already`
      throw new SteerflowError('STEERFLOW_ROUND_CLOSED', message)
    }
    return this.waits.until(`the opening of the round ${name}`, look, { signal, pollMs: this.pollMs })
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
        const { records, next } = await this.log.read(topic, partition, from, readingOn)
        for (const { value } of records) this.#take(value)
        if (next <= from) break
        from = next
        this.#read.set(partition, next)
      }
    }
    this.#looked = at
  }

  /** Unreadable records are skipped: the node that opens and closes rounds makes dead letters of them. */
  #take(value: Buffer): void {
    const event = this.#event(value)
    if (event) this.#loops.set(event.loop, withRoundEvent(this.#loops.get(event.loop) ?? emptyLoop, event))
  }

  #rounds(): readonly RoundState[] {
    return [...this.#loops.values()].flatMap(({ rounds }) => rounds)
  }

  #event(value: Buffer): RoundEvent | null {
    try {
      return this.#decode(value)
    } catch {
      return null
    }
  }
}
