import { SteerflowError, type ErrorCode } from '../domain/errors.js'
import type { Report } from './events.js'
import { type Backoff, backoff } from './retry.js'

/** When a node stops making dead letters. */
export interface BrakeSettings {
  /** The share of recent records that may become dead letters with one code; 1: all of them. */
  readonly maxShare: number
  /** Number of recent records considered. */
  readonly window: number
}

export const defaultBrake: BrakeSettings = { maxShare: 0.5, window: 1000 }

/** With fewer records nothing is concluded: all of a small input may be bad. */
export const leastRecords = 200
/** How many records in a row must pass before the node resumes. */
const probes = 5
const probeWaits: Backoff = { first: 1000, most: 60_000 }

/**
 * Codes that may come from the surroundings as well as from the record: a server that answers nonsense, a model without the
 * labels, a wrong tokenizer, a stage that cannot cope. If most records end this way, it is better to hold the next ones.
 * Every other code comes from the record alone: the record would fail tomorrow too, and later ones would wait for nothing.
 */
const surroundings: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STEERFLOW_RECORD_EXHAUSTED',
  'STEERFLOW_INFERENCE_REFUSED',
  'STEERFLOW_STAGE_FAILED',
  'STEERFLOW_UNMASKABLE',
])

/** Notified while the brake holds it: of the reason, the number of failed probes, and the time until the next. */
export interface Held {
  failed(error: SteerflowError, attempts: number, waitMs: number): void
  over(): void
}

interface BrakedNode {
  readonly held: Held
  readonly enter: (asProbe: boolean) => void
}

/**
 * Keeps a node from turning record after record into dead letters for a reason that may not be theirs. Beyond the share, its
 * records wait; single records are tried at growing intervals, and when several in a row have passed, all resume.
 */
export class Brake {
  /** Codes of the last records; null if a record passed. */
  readonly #recent: (ErrorCode | null)[] = []
  readonly #letters = new Map<ErrorCode, number>()
  #waiting: BrakedNode[] = []
  /** All that were notified that they are held. */
  readonly #held = new Set<Held>()
  #error: SteerflowError | null = null
  #code: ErrorCode | null = null
  #attempts = 0
  #streak = 0
  #probing = false
  #timer: NodeJS.Timeout | null = null
  #next = 0
  #said: ErrorCode | null = null

  constructor(
    private readonly node: string,
    private readonly settings: BrakeSettings,
    private readonly report: Report,
    private readonly waits: Backoff = probeWaits,
  ) {}

  /** Why it is on; null while it is off. */
  get error(): SteerflowError | null {
    return this.#error
  }

  /** The results of the last records. */
  get recent(): { readonly records: number; readonly letters: number } {
    return { records: this.#recent.length, letters: [...this.#letters.values()].reduce((sum, count) => sum + count, 0) }
  }

  /**
   * Resolves when a record may be tried, with whether it is a probe; the caller then reports how it ended. Rejects when
   * `signal` is aborted.
   */
  enter(held: Held, signal: AbortSignal): boolean | Promise<boolean> {
    const error = this.#error
    if (!error) return false
    return new Promise<boolean>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter(one => one !== waiting)
        reject(signal.reason as Error)
      }
      const enter = (asProbe: boolean): void => {
        signal.removeEventListener('abort', leave)
        resolve(asProbe)
      }
      const waiting = { held, enter }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave)
      this.#waiting.push(waiting)
      this.#held.add(held)
      if (!this.#timer && !this.#probing) this.#probeAfter()
      else held.failed(error, this.#attempts, Math.max(0, this.#next - performance.now()))
    })
  }

  /** A record passed. */
  passed(asProbe: boolean): void {
    this.#note(null)
    if (!asProbe || !this.#error) return
    this.#probing = false
    this.#streak++
    if (this.#streak >= probes || this.#waiting.length === 0) this.#release()
    else this.#probe()
  }

  /** A record was given up before its result was known. */
  left(asProbe: boolean): void {
    if (!asProbe || !this.#error) return
    this.#probing = false
    this.#probeAfter()
  }

  /** A record cannot pass. Returns true if it is to be held, since the brake is on; otherwise it becomes a dead letter. */
  refused(error: SteerflowError, asProbe: boolean): boolean {
    if (!this.#error) {
      this.#note(error.code)
      return this.#pulled(error)
    }
    if (error.code !== this.#code) {
      this.#note(error.code)
      this.left(asProbe)
      return false
    }
    if (asProbe) {
      this.#streak = 0
      this.#attempts++
      this.left(true)
    }
    return true
  }

  /** Turns the brake on if the last letter exceeds the share; returns whether it is on. */
  #pulled({ code, message }: SteerflowError): boolean {
    const letters = this.#letters.get(code) ?? 0
    const records = this.#recent.length
    if (records < leastRecords || letters <= this.settings.maxShare * records) return false
    if (!surroundings.has(code)) {
      this.#say(code, letters, records)
      return false
    }
    const what = `${letters} of the last ${records} records of ${this.node} became dead letters as ${code}, the last one: ${message}`
    this.#error = new SteerflowError('STEERFLOW_DEAD_LETTERS', what)
    this.#code = code
    this.#attempts = 1
    this.#streak = 0
    return true
  }

  #note(code: ErrorCode | null): void {
    this.#recent.push(code)
    if (code) this.#letters.set(code, (this.#letters.get(code) ?? 0) + 1)
    if (this.#recent.length <= this.settings.window) return
    const old = this.#recent.shift()
    if (!old) return
    const left = this.#letters.get(old)! - 1
    if (left > 0) this.#letters.set(old, left)
    else this.#letters.delete(old)
    if (old === this.#said && left < (this.settings.maxShare * this.#recent.length) / 2) this.#said = null
  }

  /** Reports once that most records of a node become dead letters for a reason of their own. */
  #say(code: ErrorCode, letters: number, records: number): void {
    if (this.#said === code) return
    this.#said = code
    this.report({ event: 'many-dead-letters', node: this.node, code, letters, records })
  }

  #probeAfter(): void {
    const wait = backoff(Math.max(1, this.#attempts), this.waits)
    this.#next = performance.now() + wait
    for (const held of this.#held) held.failed(this.#error!, this.#attempts, wait)
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#probe()
    }, wait)
    this.#timer.unref()
  }

  /** Lets one record in: the one that has waited longest, so that those tried before come last. */
  #probe(): void {
    const first = this.#waiting.shift()
    if (!first) return
    this.#probing = true
    first.enter(true)
  }

  #release(): void {
    const waiting = this.#waiting.splice(0)
    this.#error = this.#code = null
    this.#recent.length = 0
    this.#letters.clear()
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    for (const held of this.#held) held.over()
    this.#held.clear()
    for (const { enter } of waiting) enter(false)
  }
}
