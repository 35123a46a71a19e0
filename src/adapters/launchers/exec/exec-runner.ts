import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { type JobEvent } from '../../../domain/job.js'
import { type JobEnd, type JobProgress, type JobStart, type LaunchingRunner } from '../../../stages/needs.js'
import { trainerNamed } from '../../../trainers/trainers.js'
import { isGroupRunning } from '../../processes/identity.js'
import { exists, storing } from '../../storage/durable.js'
import { attemptFolder, writeAttempt, writeJobFolder } from '../job-folder.js'
import { succeeded } from '../trained-model.js'
import { attemptFiles, type Exit, readExit, readOwner, type Watched } from './attempt.js'
import { type Programs, startedAs } from './programs.js'
import { lastLines, startWatched } from './start-watched.js'

export interface ExecOptions {
  readonly programs?: Programs
  /** Milliseconds between two looks at a running job. */
  readonly pollMs?: number
  /** Milliseconds that a cancelled job has to end by itself. */
  readonly graceMs?: number
}

/**
 * Runs jobs on this machine, each in a process group of its own that outlives the pipeline. A watching process leads the
 * group; it takes the attempt by creating `pid.json`, so that an attempt is started once however often it is asked for.
 */
export class ExecRunner implements LaunchingRunner {
  readonly rendersOnly = false
  readonly host = hostname()

  constructor(
    private readonly root: string,
    private readonly options: ExecOptions = {},
  ) {}

  async render(job: JobEvent): Promise<string> {
    if (trainerNamed(job.trainer).result === null) {
      throw new SteerflowError('STEERFLOW_JOB_INVALID', `jobs of ${job.trainer} can only be rendered: launcher render`)
    }
    return writeJobFolder(this.root, job)
  }

  async start(job: JobEvent): Promise<JobStart> {
    const folder = join(this.root, attemptFolder(job))
    if ((await readOwner(folder)) !== null) return { state: 'launched', id: null }
    const { steps, env = {}, workdir = null } = await writeAttempt(this.root, job)
    const watched: Watched = { steps: steps.map(step => startedAs(step, this.options.programs)), env, workdir }
    await storing(`start ${job.job}`, () => startWatched(folder, watched))
    return { state: 'launched', id: null }
  }

  async next(job: JobEvent, signal: AbortSignal): Promise<JobProgress> {
    const folder = join(this.root, attemptFolder(job))
    if (job.host !== this.host) {
      return { state: 'unknown', detail: `it was launched on ${job.host}, and this is ${this.host}` }
    }
    for (;;) {
      const owner = await readOwner(folder)
      if (owner === null) return { state: 'unknown', detail: `no trace of its process in ${attemptFolder(job)}` }
      // Whoever looks late records that it ran, too: what is on record does not depend on when one looks.
      if (job.state === 'launched') return { state: 'running', detail: null }
      // Asked in this order, so that an end between the two questions is not missed.
      const running = await isGroupRunning(owner)
      const exit = await readExit(folder)
      if (exit) return this.#judge(job, exit)
      if (!running) return this.#lost(job)
      await sleep(this.options.pollMs ?? 100, undefined, { signal })
    }
  }

  /** Ends a running attempt: asks the whole process group first, and ends it by force after the time of grace. */
  async cancel(job: JobEvent): Promise<void> {
    const folder = join(this.root, attemptFolder(job))
    const owner = await readOwner(folder)
    if (owner === null || job.host !== this.host) {
      throw new SteerflowError('STEERFLOW_USAGE', `${job.job} does not run on this machine`)
    }
    await storing(`cancel ${job.job}`, () => writeFile(join(folder, attemptFiles.cancelled), ''))
    const until = Date.now() + (this.options.graceMs ?? 5000)
    if (await isGroupRunning(owner)) process.kill(-owner.pid, 'SIGTERM')
    while (await isGroupRunning(owner)) {
      if (Date.now() > until) process.kill(-owner.pid, 'SIGKILL')
      await sleep(this.options.pollMs ?? 100)
    }
  }

  async #judge(job: JobEvent, { code, signal, error, step }: Exit): Promise<JobEnd> {
    const folder = join(this.root, attemptFolder(job))
    if (code === 0) return succeeded(this.root, job)
    if (await wasCancelled(folder)) return { state: 'cancelled', detail: 'cancelled while it ran' }
    const how = error ?? (signal === null ? `exit code ${code}` : `ended by ${signal}`)
    return {
      state: 'failed',
      detail: [[step, how].filter(Boolean).join(': '), await lastLines(folder)].filter(Boolean).join('; '),
    }
  }

  /** The process group is gone and nobody recorded its end. */
  async #lost(job: JobEvent): Promise<JobEnd> {
    const folder = join(this.root, attemptFolder(job))
    if (await wasCancelled(folder)) return { state: 'cancelled', detail: 'cancelled by force' }
    const detail = 'its processes are gone and left no exit status: killed by force, or the machine was restarted'
    return { state: 'unknown', detail }
  }
}

const wasCancelled = (folder: string): Promise<boolean> => exists(join(folder, attemptFiles.cancelled))
