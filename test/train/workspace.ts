import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { z } from 'zod'
import { JobEvent } from '../../src/domain/job.js'
import { ModelRecord } from '../../src/domain/model.js'
import type { Environment } from './environment.js'

/**
 * One thread each: two of them wait for each other by spinning where the machine has anything else to do. And memory that
 * was given back is kept: half of the time would otherwise go into asking the system for it again.
 */
const settings = { OMP_NUM_THREADS: '1', MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 34) }

/** A folder with a steerflow.yaml, and the compiled program run in it. */
export class Workspace {
  readonly #env: NodeJS.ProcessEnv
  #running: ChildProcess | null = null

  private constructor(
    readonly folder: string,
    environment: Environment,
    readonly until: number,
    private readonly say: (line: string) => void,
  ) {
    this.#env = {
      ...process.env,
      ...settings,
      PATH: `${environment.bin}:${process.env.PATH ?? ''}`,
      CUDA_VISIBLE_DEVICES: '',
    }
  }

  static async make(
    folder: string,
    config: object,
    { environment, until, say }: { environment: Environment; until: number; say: (line: string) => void },
  ): Promise<Workspace> {
    await writeFile(join(folder, 'steerflow.yaml'), stringify({ dataDir: join(folder, 'data'), ...config }))
    return new Workspace(folder, environment, until, say)
  }

  get root(): string {
    return join(this.folder, 'data')
  }

  /** Runs a command to its end and returns what it printed. Throws an Error with its messages when it fails, or time is up. */
  async steerflow(...args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [`${process.cwd()}/dist/cli/main.js`, ...args], {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running = child
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const late = setTimeout(() => child.kill('SIGTERM'), Math.max(0, this.until - Date.now()))
    const code = await new Promise<number | null>(resolve => child.on('close', resolve))
    clearTimeout(late)
    this.#running = null
    if (code === 0) return out
    throw new Error(`steerflow ${args.join(' ')} ended with ${code}:\n${out.slice(-2000)}${err.slice(-4000)}`)
  }

  /** Takes the sources in and runs nodes until they are idle; says what the jobs' logs tell of the loss meanwhile. */
  async run(sources: readonly string[], ...nodes: readonly string[]): Promise<void> {
    await this.steerflow('ingest', ...sources)
    let done = false
    const watching = this.#watch(() => done)
    try {
      await this.steerflow('run', '--until-idle', ...(nodes.length === 0 ? [] : ['--nodes', nodes.join(',')]))
    } finally {
      done = true
      await watching
    }
  }

  async jobs(): Promise<readonly JobEvent[]> {
    return lines(z.looseObject(JobEvent.shape), await this.steerflow('jobs', 'list', '--json'))
  }

  async models(): Promise<readonly ModelRecord[]> {
    return lines(z.looseObject(ModelRecord.shape), await this.steerflow('models', 'list', '--json'))
  }

  /** Ends what still runs: jobs lead process groups of their own, and outlive the run. */
  async stop(): Promise<void> {
    this.#running?.kill('SIGTERM')
    for (const { job, state } of await this.jobs().catch(() => [])) {
      if (state === 'launched' || state === 'running')
        await this.steerflow('jobs', 'cancel', job).catch(() => undefined)
    }
  }

  async #watch(done: () => boolean): Promise<void> {
    const told = new Map<string, number>()
    while (!done()) {
      await sleep(2000)
      const files = await readdir(join(this.root, 'jobs'), { recursive: true }).catch(() => [])
      for (const log of files.filter(name => /attempt-\d+\/log$/.test(name))) {
        const found =
          (await readFile(join(this.root, 'jobs', log), 'utf8').catch(() => '')).match(/'loss': '[^']*'/g) ?? []
        for (const loss of found.slice(told.get(log) ?? 0)) this.say(`      ${loss.replaceAll("'", '')}`)
        told.set(log, found.length)
      }
    }
  }
}

const lines = <T>(schema: z.ZodType<T>, text: string): readonly T[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => schema.parse(JSON.parse(line)))
