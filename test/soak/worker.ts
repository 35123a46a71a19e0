import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A `steerflow run` of the compiled program, as an operator starts it. */
export class SoakWorker {
  readonly #child: ChildProcess
  readonly #log: string
  readonly exited: Promise<string>
  /** Whether its end was asked for. */
  expected = false

  /** @param folder where its messages and heap snapshots go */
  constructor(
    readonly name: string,
    folder: string,
    config: string,
  ) {
    this.#log = join(folder, `${name}.log`)
    const log = openSync(this.#log, 'a')
    const program = join(process.cwd(), 'dist/cli/main.js')
    this.#child = spawn(process.execPath, ['--heapsnapshot-signal=SIGUSR2', program, 'run', '--config', config], {
      cwd: folder,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.exited = new Promise(resolve => this.#child.once('exit', (code, signal) => resolve(signal ?? String(code))))
  }

  get pid(): number {
    return this.#child.pid!
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The end of what it has written: why it ended is there. */
  lastWords(): string {
    return readFileSync(this.#log, 'utf8').slice(-1500)
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child.kill(name)
  }
}
