import { SteerflowError } from '../../src/domain/errors.js'
import { Brake } from '../../src/runtime/brake.js'
import { counters } from '../../src/runtime/counters.js'
import type { RunEvent } from '../../src/runtime/events.js'
import { type Standing, judge, type IdleVerdict } from '../../src/runtime/idle.js'
import {
  type Batch,
  type Claim,
  type Log,
  type LogRecord,
  type Offset,
  offset,
  type Output,
  type ReadLimits,
} from '../../src/runtime/log.js'
import type { PartitionContext, PartitionWork } from '../../src/runtime/partition.js'
import { Semaphore, Wakeup } from '../../src/runtime/concurrency.js'
import { PartitionTrouble } from '../../src/runtime/retry.js'
import type { Encoded } from '../../src/stages/node.js'

/** Places of a program at which a test makes it wait or fail. */
export class Points {
  readonly #held = new Map<string, { readonly reached: () => void; readonly released: Promise<void> }>()
  readonly #failing = new Map<string, (Error | null)[]>()
  /** How often each place was reached. */
  readonly reached = new Map<string, number>()

  /** The next call of a place waits; `reached` resolves once it is there. */
  hold(place: string): { readonly reached: Promise<void>; readonly release: () => void } {
    let arrive = (): void => undefined
    let release = (): void => undefined
    const reached = new Promise<void>(resolve => (arrive = resolve))
    const released = new Promise<void>(resolve => (release = resolve))
    this.#held.set(place, { reached: arrive, released })
    return { reached, release }
  }

  /** The next calls of a place fail, one with each error; null: that one passes. */
  fail(place: string, ...errors: readonly (Error | null)[]): void {
    this.#failing.set(place, [...errors])
  }

  /** Of what does not wait: throws what the place is to fail with. */
  passNow(place: string): void {
    this.reached.set(place, (this.reached.get(place) ?? 0) + 1)
    const error = this.#failing.get(place)?.shift()
    if (error) throw error
  }

  async pass(place: string): Promise<void> {
    const held = this.#held.get(place)
    if (held) {
      this.#held.delete(place)
      held.reached()
      await held.released
    }
    this.passNow(place)
  }
}

export const error = (code: SteerflowError['code'], message: string = code): SteerflowError =>
  new SteerflowError(code, message)

/** One partition of one topic, `t`, with a claim on it: what it committed, and places `read` and `commit`. */
export class FakeClaim implements Claim {
  readonly group = 'node'
  readonly topic = 't'
  readonly partition = 0
  readonly records: LogRecord[] = []
  /** Where the partition ends: control records stand behind its last record. */
  end = offset(0)
  committed = offset(0)
  readonly commits: { readonly from: bigint; readonly to: bigint; readonly outputs: readonly string[] }[] = []
  /** Values published, other than to `t`. */
  readonly published: string[] = []
  stored = offset(0)
  released = false
  readonly #changed = new Wakeup()
  #position = offset(0)

  constructor(readonly points: Points) {}

  /** Publishes records to the partition. */
  publish(...values: readonly string[]): void {
    for (const value of values) this.#append(Buffer.from(value), {})
  }

  /** Publishes a record that is for another node. */
  publishForAnother(value: string): void {
    this.#append(Buffer.from(value), { 'replay-for': 'another' })
  }

  /** A record that no reader is given. */
  control(): void {
    this.end = offset(this.end + 1n)
    this.#changed.raise()
  }

  /** Reading goes on here. */
  seek(to: Offset): void {
    this.#position = to
  }

  async read({ records: most }: ReadLimits, waitMs: number): Promise<Batch> {
    await this.points.pass('read')
    if (this.end <= this.#position) await this.#changed.wait(waitMs)
    const records = this.records.filter(record => record.offset >= this.#position).slice(0, most)
    const last = records.at(-1)
    const next = last && last !== this.records.at(-1) ? offset(last.offset + 1n) : this.end
    this.#position = next
    return { records, next }
  }

  async commit(from: Offset, to: Offset, outputs: readonly Output[]): Promise<void> {
    await this.points.pass('commit')
    if (this.released) throw error('STEERFLOW_FENCED')
    if (from !== this.stored) throw error('STEERFLOW_BUG', `commits from ${from}, stored is ${this.stored}`)
    this.stored = to
    const said = outputs.map(({ topic, value, headers }) => `${topic}:${headers?.code ?? value.toString()}`)
    this.commits.push({ from, to, outputs: said })
    for (const { topic, value } of outputs) {
      if (topic === this.topic) this.#append(value, {})
      else this.published.push(value.toString())
    }
  }

  async rewind(): Promise<Offset> {
    await this.points.pass('rewind')
    this.committed = this.#position = this.stored
    return this.stored
  }

  async release(): Promise<void> {
    this.released = true
    this.#changed.raise()
  }

  #append(value: Buffer, headers: LogRecord['headers']): void {
    const { topic, partition } = this
    this.records.push({ topic, partition, offset: this.end, key: null, value, headers, timestamp: 0 })
    this.control()
  }
}

/** What a partition driver is given, over a fake claim; with what it told. */
export function fakePartition({ window = 10, permits = 4, maxValueBytes = 1000, failFast = true, maxShare = 1 } = {}) {
  const points = new Points()
  const claim = new FakeClaim(points)
  const events: RunEvent[] = []
  const moved = { count: 0 }
  const log: Pick<Log, 'maxValueBytes' | 'lingerMs' | 'read' | 'state'> = {
    maxValueBytes,
    lingerMs: 0,
    read: async (_topic, _partition, from) => {
      await points.pass('rebuild')
      return { records: claim.records.filter(record => record.offset >= from), next: claim.end }
    },
    state: async () => {
      await points.pass('state')
      return [{ topic: 't', partition: 0, start: offset(0), end: claim.end }]
    },
  }
  const report = (event: RunEvent): void => void events.push(event)
  const context: PartitionContext = {
    node: 'node',
    onDeadLetter: null,
    log: log as Log,
    deadLetters: 'letters',
    counters: counters(),
    permits: new Semaphore(() => permits),
    window,
    moved: () => void moved.count++,
    report,
    failFast,
    brake: new Brake('node', { maxShare, window: 1000 }, report, { first: 1, most: 4 }),
    trouble: new PartitionTrouble({ node: 'node', partition: 0 }, report),
  }
  return { points, claim, context, events, moved }
}

/** An emission whose value is text. */
export const emission = (topic: string, value: string): Encoded => ({
  topic,
  key: Buffer.from('k'),
  value: Buffer.from(value),
})

/** What a look at this partition alone says, its sources having ended. */
export function look(
  work: PartitionWork,
  { end }: FakeClaim,
  kind: Standing['node']['kind'],
): IdleVerdict & { readonly quiet: boolean } {
  const status = { node: 'node', counters: counters(), partitions: [work.status()] }
  const verdict = judge([{ node: { name: 'node', kind, from: 't', to: [] }, status, ends: [end] }])
  return { ...verdict, quiet: verdict.idle || verdict.cut.length > 0 }
}
