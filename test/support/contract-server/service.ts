import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { maxSentences } from '../../../src/domain/generate-contract.js'

/** How a server spends its time. Times are milliseconds. */
export const ServiceMode = z.discriminatedUnion('kind', [
  /** So many sentences at a time, each for `ms`; the others queue at the server, in order. */
  z.object({ kind: z.literal('slots'), slots: z.int().positive(), ms: z.number() }),
  /**
   * One request at a time, under a lock, as NeMo's server: `baseMs` and `sentenceMs` for each sentence; for each beyond
   * `beyond` another `beyondMs`.
   */
  z.object({
    kind: z.literal('lock'),
    baseMs: z.number(),
    sentenceMs: z.number(),
    beyond: z.int().default(maxSentences),
    beyondMs: z.number().default(0),
  }),
  /** All at once: `baseMs` and `inFlightMs` for each sentence under way at the arrival; 503 beyond `cap` sentences. */
  z.object({ kind: z.literal('elastic'), baseMs: z.number(), inFlightMs: z.number(), cap: z.int().positive() }),
])
export type ServiceMode = z.output<typeof ServiceMode>

/** What a server has done. What is still under way counts in `busyMs` only. */
export interface ServiceCounters {
  /** Requests answered, and their sentences. */
  readonly requests: number
  readonly sentences: number
  /** Requests that were told 503. */
  readonly refused: number
  /** Sentences (`lock`: requests) being worked on, and those that wait for it, now. */
  readonly running: number
  readonly queued: number
  readonly maxQueued: number
  /** The integral of `running` over time. */
  readonly busyMs: number
  /** For all that was answered: how long it was worked on, and how long it should have been by the mode. */
  readonly heldMs: number
  readonly nominalMs: number
}

/** Milliseconds of a mode for a request of so many sentences, with so many under way, itself included. */
export function costMs(mode: ServiceMode, sentences: number, underWay: number): number {
  switch (mode.kind) {
    case 'slots':
      return mode.ms
    case 'lock':
      return mode.baseMs + mode.sentenceMs * sentences + mode.beyondMs * Math.max(0, sentences - mode.beyond)
    case 'elastic':
      return mode.baseMs + mode.inFlightMs * underWay
  }
}

/** The most sentences a second that a mode allows, and with how many in a request (`lock`) or under way. */
export function best(mode: ServiceMode): { readonly perSecond: number; readonly at: number } {
  const most = mode.kind === 'slots' ? mode.slots : mode.kind === 'lock' ? maxSentences : mode.cap
  const rates = Array.from({ length: most }, (_, index) => ({
    perSecond: (1000 * (index + 1)) / costMs(mode, index + 1, index + 1),
    at: index + 1,
  }))
  return rates.reduce((first, second) => (second.perSecond > first.perSecond ? second : first))
}

/** Takes a server's time for its requests, and counts. */
export class Service {
  #counted = { requests: 0, sentences: 0, refused: 0, maxQueued: 0, busyMs: 0, heldMs: 0, nominalMs: 0 }
  #running = 0
  #lookedAt = performance.now()
  readonly #queue: (() => void)[] = []

  constructor(private readonly mode: ServiceMode) {}

  get counters(): ServiceCounters {
    this.#integrate()
    return { ...this.#counted, running: this.#running, queued: this.#queue.length }
  }

  /** Resolves when a request's time is over; false: it is refused. */
  async serve(sentences: number): Promise<boolean> {
    const { mode } = this
    if (mode.kind === 'elastic' && this.#running + sentences > mode.cap) {
      this.#counted.refused++
      return false
    }
    if (mode.kind === 'slots') {
      await Promise.all(Array.from({ length: sentences }, () => this.#inTurn(mode.slots, 1)))
    } else if (mode.kind === 'lock') {
      await this.#inTurn(1, sentences)
    } else {
      await this.#hold(sentences, sentences)
    }
    this.#counted.requests++
    return true
  }

  async #inTurn(places: number, sentences: number): Promise<void> {
    if (this.#running < places) {
      await this.#hold(1, sentences)
    } else {
      await new Promise<void>(resolve => {
        this.#queue.push(() => void this.#hold(1, sentences).then(resolve))
        this.#counted.maxQueued = Math.max(this.#counted.maxQueued, this.#queue.length)
      })
    }
  }

  /** Holds so many places for as long as the work takes, then lets the next in. */
  async #hold(places: number, sentences: number): Promise<void> {
    this.#occupy(places)
    const nominal = costMs(this.mode, sentences, this.#running)
    const started = performance.now()
    await sleep(nominal)
    this.#counted.heldMs += performance.now() - started
    this.#counted.nominalMs += nominal
    this.#counted.sentences += sentences
    this.#occupy(-places)
    this.#queue.shift()?.()
  }

  #occupy(places: number): void {
    this.#integrate()
    this.#running += places
  }

  #integrate(): void {
    const now = performance.now()
    this.#counted.busyMs += this.#running * (now - this.#lookedAt)
    this.#lookedAt = now
  }
}

const Prompts = z.union([
  z.looseObject({ sentences: z.array(z.unknown()) }).transform(body => body.sentences.length),
  z.looseObject({ prompt: z.array(z.unknown()) }).transform(body => body.prompt.length),
])

/** How many prompts a request's body holds: a NeMo list of sentences or an OpenAI list of prompts; otherwise 1. */
export function promptsIn(body: string): number {
  try {
    return Prompts.safeParse(JSON.parse(body)).data ?? 1
  } catch {
    return 1
  }
}
