import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Wakeup } from '../../src/runtime/concurrency.js'
import type { FromWorker, ToWorker, WorkerStatus, WorkerTask } from './messages.js'

type Held = Extract<FromWorker, { kind: 'held' }>

/** One start of a worker process, as the harness sees it. */
export class WorkerProcess {
  /** Partitions that it is at work on. */
  readonly partitions = new Set<number>()
  readonly #child: ChildProcess
  readonly #changed = new Wakeup()
  readonly exited: Promise<number | NodeJS.Signals>
  status: WorkerStatus = { inFlight: {}, calls: 0 }
  joined = false
  running = true
  #held: Held | null = null

  /** @param told of everything that the worker says */
  constructor(
    readonly task: WorkerTask,
    told: (worker: WorkerProcess, message: FromWorker) => void,
  ) {
    const script = fileURLToPath(new URL('worker.ts', import.meta.url))
    this.#child = fork(script, [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] })
    this.exited = new Promise(resolve => {
      this.#child.once('exit', (code, signal) => {
        this.running = false
        this.#changed.raise()
        resolve(signal ?? code ?? 0)
      })
    })
    this.#child.on('message', (message: FromWorker) => {
      if (message.kind === 'joined') this.joined = true
      if (message.kind === 'status') this.status = message
      if (message.kind === 'assigned') this.partitions.add(message.partition)
      if (message.kind === 'lost') this.partitions.delete(message.partition)
      if (message.kind === 'held') this.#held = message
      told(this, message)
      this.#changed.raise()
    })
  }

  get name(): string {
    return this.task.name
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child.kill(name)
  }

  /** Stops it inside its next transaction, behind the last record and before the commit. */
  async inTransaction(): Promise<Held> {
    this.#held = null
    this.#tell('hold')
    await this.until(() => this.#held !== null, 60_000)
    return this.#held!
  }

  goOn(): void {
    this.#tell('go on')
  }

  /** Waits until a window is full and all calls that are allowed are under way. */
  async fullWindow(): Promise<WorkerStatus> {
    const { window, concurrency } = this.task
    const full = (): boolean =>
      this.status.calls >= concurrency && Object.values(this.status.inFlight).some(records => records >= window)
    await this.until(full, 60_000)
    return this.status
  }

  /** Waits for something to become true of it. Throws an Error when it ends or the time is over. */
  async until(condition: () => boolean, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs
    while (!condition()) {
      if (!this.running) throw new Error(`${this.name} ended`)
      if (performance.now() > deadline)
        throw new Error(`${this.name} did not get there: ${JSON.stringify(this.status)}`)
      await this.#changed.wait(50)
    }
  }

  #tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message)
  }
}
