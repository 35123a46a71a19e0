import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const collect = fileURLToPath(new URL('collect.cjs', import.meta.url))

/** A `steerflow run` of the compiled program, as an operator starts it, with its garbage collected once a minute. */
export class SoakWorker {
  readonly #child: ChildProcess
  readonly #log: string
  readonly #held: string
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
    this.#held = join(folder, `${name}.held`)
    const log = openSync(this.#log, 'a')
    const program = join(process.cwd(), 'dist/cli/main.js')
    const flags = ['--expose-gc', '--require', collect, '--heapsnapshot-signal=SIGUSR2']
    this.#child = spawn(process.execPath, [...flags, program, 'run', '--config', config], {
      cwd: folder,
      env: { ...process.env, STEERFLOW_SOAK_HELD: this.#held },
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

  /** Bytes that JavaScript held after the last collection; null before the first. */
  get held(): number | null {
    const bytes = existsSync(this.#held) ? Number(readFileSync(this.#held, 'utf8')) : 0
    return bytes > 0 ? bytes : null
  }

  /** The end of what it has written: why it ended is there. */
  lastWords(): string {
    return readFileSync(this.#log, 'utf8').slice(-1500)
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child.kill(name)
  }
}
