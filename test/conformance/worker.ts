import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Connection } from './log-under-test.js'

/** What a worker does; the files of these names in `workers/`. */
type Role = 'copy' | 'produce' | 'tail'

const running = new Set<Worker>()

/** Another process at work on the same log. Its script runs the compiled adapter. */
export class Worker {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #ended: Promise<unknown>
  #stderr = ''
  #woken: () => void = () => undefined

  constructor(role: Role, connection: Connection, task: object) {
    const script = fileURLToPath(new URL(`workers/${role}.mjs`, import.meta.url))
    const argument = JSON.stringify({ connection, ...task })
    this.#child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'close').then(() => (running.delete(this), this.#woken()))
    createInterface({ input: this.#child.stdout! }).on('line', line => {
      this.#lines.push(line)
      this.#woken()
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    running.add(this)
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Whether a signal has stopped the process, so that it waits for SIGCONT. */
  get stopped(): boolean {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(this.#child.pid)], { encoding: 'utf8' })
    return stdout.startsWith('T')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for a line that the worker prints. */
  async line(wanted: string): Promise<void> {
    while (!this.#lines.includes(wanted)) {
      if (this.ended) throw new Error(`the worker ended before it said ${wanted}: ${this.#stderr}`)
      await new Promise<void>(resolve => (this.#woken = resolve))
    }
  }

  /** Waits for the end: the exit code or the signal, and every line printed. */
  async end(): Promise<{ readonly exit: number | NodeJS.Signals | null; readonly lines: readonly string[] }> {
    await this.#ended
    // 3: fenced, which some tests want; anything else was not meant to happen.
    if (this.#child.exitCode === 1) throw new Error(`the worker failed: ${this.#stderr}`)
    return { exit: this.#child.exitCode ?? this.#child.signalCode, lines: this.#lines }
  }
}

/** Ends the workers that a test left behind. */
export async function killWorkers(): Promise<void> {
  for (const worker of running) {
    worker.signal('SIGKILL')
    await worker.end()
  }
}
