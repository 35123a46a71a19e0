import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from './arena.js'
import { Crew } from './crew.js'
import { Findings } from './findings.js'
import { meanCallMs } from './inference.js'
import type { FromWorker } from './messages.js'
import type { Settings } from './scenario.js'
import { Tail } from './tail.js'
import type { WorkerProcess } from './worker-process.js'

/** Most calls of a worker at a time, and the records of a partition between reading and commit. */
const most = { calls: 64, window: 256 }
/** So many records that are not out yet, and there is more to come than what is on its way. */
const sureLeft = 64

/** What a scenario works with: workers at work on an input, and what is found. */
export class Trial {
  readonly findings: Findings
  readonly crew: Crew
  readonly tail: Tail
  aborted: number | null = null
  repeated: number | null = null
  readonly #partitionOf: ReadonlyMap<string, number>
  readonly #sentOf = new Map<number, number>()

  constructor(
    readonly arena: Arena,
    readonly settings: Settings,
    readonly say: (line: string) => void,
  ) {
    const { kafka, sent, inference, partitions } = arena
    this.#partitionOf = new Map(sent.map(({ id, partition }) => [id, partition]))
    for (const { partition } of sent) this.#sentOf.set(partition, (this.#sentOf.get(partition) ?? 0) + 1)
    this.findings = new Findings(line => say(`${this.findings.seconds} s: ${line}`))
    const concurrency = callsAtATime(settings)
    say(`${settings.workers} workers with ${concurrency} calls at a time each`)
    const task = {
      brokers: kafka.bootstrap,
      concurrency,
      window: most.window,
      via: inference.via,
      urls: inference.urls,
      ...(settings.folder && settings.folderIs === 'of a second node' && { folder: settings.folder }),
      ...(settings.folder && settings.folderIs === 'the store' && { store: { folder: settings.folder, adopt: false } }),
    }
    this.crew = new Crew(task, partitions, say)
    this.tail = new Tail(arena.log, id => this.#partitionOf.get(id) ?? -1)
  }

  async start(): Promise<void> {
    await this.tail.start()
    for (let i = 0; i < this.settings.workers; i++) this.crew.start()
    await this.crew.settled()
    this.say(`${this.findings.seconds} s: all partitions are worked on`)
  }

  /** Partitions of a worker of which enough is left to see them go on. */
  withInput(worker: WorkerProcess): readonly number[] {
    return [...worker.partitions].filter(partition => this.#left(partition) > sureLeft)
  }

  partitionsWithInput(): readonly number[] {
    return [...this.#sentOf.keys()].filter(partition => this.#left(partition) > sureLeft)
  }

  /** Waits until partitions produce again by the hands of others, and notes how long all of them took. */
  async recover(partitions: readonly number[], since: number, notBy: string): Promise<void> {
    if (partitions.length === 0) return this.say('no input is left to see a recovery')
    const produced = await this.tail.producedAgain(partitions, since, notBy, 60_000)
    const taken = this.crew.since(since, 'assigned').filter(({ message }) => partitions.includes(partitionOf(message)))
    this.findings.recovered({
      allMs: Math.max(...produced.map(({ afterMs }) => afterMs)),
      firstMs: Math.min(...produced.map(({ afterMs }) => afterMs)),
      takenMs: taken.length > 0 ? Math.max(...taken.map(({ at }) => at)) - since : 0,
    })
  }

  /** Waits until so many records have come out. Throws an Error when for long nothing more comes. */
  async done(expected: number): Promise<void> {
    const stuckMs = 90_000
    while (this.tail.received < expected) {
      if (performance.now() - this.tail.movedAt > stuckMs)
        throw new Error(`stuck at ${this.tail.received} of ${expected} records`)
      await sleep(100)
    }
  }

  /** At least so many records are to be seen by a reader that looks at aborted transactions, too. */
  expectAborted(records: number): void {
    this.aborted = records
  }

  /** Few calls are to be made again: a share of all records. */
  repeatedAtMost(share: number): void {
    this.repeated = share
  }

  #left(partition: number): number {
    return (this.#sentOf.get(partition) ?? 0) - this.tail.receivedOf(partition)
  }
}

const partitionOf = (message: FromWorker): number => ('partition' in message ? message.partition : -1)

/** As many calls as make the input last as long as the faults take, with a margin; at most 64. */
function callsAtATime({ records, workers, partitions, seconds }: Settings): number {
  const busiest = Math.ceil(partitions / workers) / partitions
  const calls = (records * busiest * meanCallMs) / (seconds * 1000)
  return Math.max(2, Math.min(most.calls, Math.round(calls)))
}
