import { setTimeout as sleep } from 'node:timers/promises'
import type { FromWorker, WorkerTask } from './messages.js'
import { WorkerProcess } from './worker-process.js'

/** Something that a worker told, and when. */
export interface Told {
  readonly at: number
  readonly worker: string
  readonly message: FromWorker
}

/** The worker processes of a run, through all their starts. */
export class Crew {
  /** Those that run now. */
  readonly #workers = new Set<WorkerProcess>()
  readonly #expected = new Set<WorkerProcess>()
  /** Everything that was told except statuses. */
  readonly told: Told[] = []
  /** Exits that nobody asked for: where one happens, a hand would be needed. */
  readonly unexpected: string[] = []
  #starts = 0

  constructor(
    private readonly task: Omit<WorkerTask, 'name'>,
    private readonly partitions: number,
    private readonly say: (line: string) => void,
  ) {}

  /** @param unlike what is its own, unlike that of the others */
  start(unlike: Partial<Pick<WorkerTask, 'folder' | 'store'>> = {}): WorkerProcess {
    const task = { ...this.task, ...unlike, name: `w${++this.#starts}` }
    const worker = new WorkerProcess(task, (from, message) => {
      if (message.kind === 'status') return
      this.told.push({ at: performance.now(), worker: from.name, message })
      if (message.kind === 'failed') this.say(`${from.name} failed: ${message.code} ${message.cause}`)
    })
    this.#workers.add(worker)
    void worker.exited.then(how => {
      this.#workers.delete(worker)
      if (!this.#expected.has(worker)) this.unexpected.push(`${worker.name} ended by itself: ${how}`)
    })
    return worker
  }

  get running(): readonly WorkerProcess[] {
    return [...this.#workers]
  }

  /** Says that a worker may end by itself, since what is done to it leaves it nothing to do. */
  expect(worker: WorkerProcess): void {
    this.#expected.add(worker)
  }

  /** Sends a signal that is to end a worker. */
  end(worker: WorkerProcess, signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#expected.add(worker)
    worker.signal(signal)
  }

  /** What was told since a moment, of certain kinds. */
  since(at: number, ...kinds: readonly FromWorker['kind'][]): readonly Told[] {
    return this.told.filter(one => one.at >= at && kinds.includes(one.message.kind))
  }

  /** Waits until every partition has one owner and every worker its share. Throws an Error when that takes too long. */
  async settled(limitMs = 60_000): Promise<void> {
    const least = Math.floor(this.partitions / this.#workers.size)
    const isSettled = (): boolean => {
      const owned = this.running.flatMap(worker => [...worker.partitions])
      const shared = this.running.every(worker => worker.partitions.size >= least)
      return shared && owned.length === this.partitions && new Set(owned).size === this.partitions
    }
    for (const deadline = performance.now() + limitMs; !isSettled(); await sleep(50)) {
      if (performance.now() < deadline) continue
      const owned = this.running.map(worker => `${worker.name}: ${[...worker.partitions].join(' ')}`)
      throw new Error(`partitions were not shared out in ${limitMs} ms: ${owned.join('; ')}`)
    }
  }

  /** Ends everybody in order. */
  async dismiss(): Promise<void> {
    await Promise.all(
      this.running.map(async worker => {
        const byItself = this.#expected.has(worker)
        this.end(worker, 'SIGTERM')
        worker.signal('SIGCONT')
        const how = await Promise.race([worker.exited, sleep(20_000, 'too late' as const)])
        if (how === 'too late' || (how !== 0 && !byItself))
          this.unexpected.push(`${worker.name} did not end in order: ${how}`)
        this.end(worker, 'SIGKILL')
      }),
    )
  }
}
