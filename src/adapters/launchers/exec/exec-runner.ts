import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { explain, SteerflowError } from '../../../domain/errors.js'
import type { JobEvent } from '../../../domain/job.js'
import type { JobEnd, JobProgress, JobStart, LaunchingRunner } from '../../../stages/needs.js'
import type { Trainer } from '../../../trainers/trainer.js'
import { trainerNamed, trainers as builtIn } from '../../../trainers/trainers.js'
import { isGroupRunning } from '../../processes/identity.js'
import { below } from '../../storage/below.js'
import { exists, storing, writeFirst } from '../../storage/durable.js'
import { attemptFolder, writeAttempt, writeJobFolder } from '../job-folder.js'
import { succeeded } from '../trained-model.js'
import { attemptFiles, type Exit, readExit, readOwner, type WatchedAttempt } from './attempt.js'
import { type Programs, startedAs } from './programs.js'
import { lastLines, startWatched } from './start-watched.js'

/**
 * Variables that training programs rely on: of the login, of the dynamic loader, of accelerators, and of the libraries
 * that trainers are made of. Of the rest, any may be a secret of the pipeline.
 */
const known = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|TERM|XDG_\w+)$/,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|LIBRARY_PATH|MODULEPATH|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$/,
  /^(PYTHON\w*|VIRTUAL_ENV|CONDA_\w+)$/,
  /^(CUDA|CUDNN|CUBLAS|NVIDIA|NCCL|NVSHMEM|UCX|GLOO|HIP|ROCM|ROCR|HSA|RCCL|ONEAPI|SYCL)\w*$/,
  /^(OMP|MKL|OPENBLAS|NUMEXPR|TOKENIZERS|TORCH|TORCHINDUCTOR|PYTORCH|TRITON|NVTE|NEMO|MEGATRON)_\w+$/,
  /^(HF|HUGGINGFACE|TRANSFORMERS|DATASETS|ACCELERATE)_\w+$/,
]

/** What secrets are called, also among those: HF_TOKEN. */
const secret = /TOKEN(?!IZER)|KEY|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE/

const isKnown = (name: string): boolean => known.some(one => one.test(name)) && !secret.test(name)

/** The environment of a job: of our own variables those that are known to be harmless, and those that are named. */
export const jobEnvironment = (own: NodeJS.ProcessEnv, named: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(own).filter(([name]) => isKnown(name) || named.includes(name)))

export interface ExecOptions {
  /** Variables of this process that jobs get beside those that are known to be harmless. */
  readonly environment?: readonly string[]
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
    private readonly trainers: readonly Trainer[] = builtIn,
  ) {}

  async render(job: JobEvent): Promise<string> {
    if (trainerNamed(job.trainer, this.trainers).result === null) {
      throw new SteerflowError('STEERFLOW_JOB_INVALID', `jobs of ${job.trainer} can only be rendered: launcher render`)
    }
    return writeJobFolder(this.root, job, this.trainers)
  }

  async start(job: JobEvent): Promise<JobStart> {
    const folder = below(this.root, attemptFolder(job))
    try {
      if ((await readOwner(folder)) !== null) return { state: 'launched', id: null }
    } catch (cause) {
      return { state: 'unknown', detail: unreadable(cause) }
    }
    const { steps, env = {}, workdir = null } = await writeAttempt(this.root, job, this.trainers)
    const watched: WatchedAttempt = { steps: steps.map(step => startedAs(step, this.options.programs)), env, workdir }
    await storing(`start ${job.job}`, () =>
      startWatched(folder, watched, jobEnvironment(process.env, this.options.environment ?? [])),
    )
    return { state: 'launched', id: null }
  }

  async next(job: JobEvent, signal: AbortSignal): Promise<JobProgress> {
    const folder = below(this.root, attemptFolder(job))
    if (job.host !== this.host) {
      return { state: 'unknown', detail: `it was launched on ${job.host}, and this is ${this.host}` }
    }
    for (;;) {
      const told = await this.#told(folder)
      if (typeof told === 'string') return { state: 'unknown', detail: told }
      const { owner, running, exit } = told
      if (owner === null) return { state: 'unknown', detail: `no trace of its process in ${attemptFolder(job)}` }
      // Whoever looks late records that it ran, too: what is on record does not depend on when one looks.
      if (job.state === 'launched') return { state: 'running', detail: null }
      if (exit) return this.#judge(job, exit)
      if (!running) return this.#lost(job)
      await sleep(this.options.pollMs ?? 100, undefined, { signal })
    }
  }

  /** Ends a running attempt: asks the whole process group first, and ends it by force after the time of grace. */
  async cancel(job: JobEvent): Promise<void> {
    const folder = below(this.root, attemptFolder(job))
    const owner = await readOwner(folder).catch((cause: unknown) => {
      throw new SteerflowError('STEERFLOW_USAGE', `${job.job} cannot be cancelled: ${unreadable(cause)}`, { cause })
    })
    if (owner === null || job.host !== this.host) {
      throw new SteerflowError('STEERFLOW_USAGE', `${job.job} does not run on this machine`)
    }
    await storing(`cancel ${job.job}`, () => writeFirst(join(folder, attemptFiles.cancelled), ''))
    const until = performance.now() + (this.options.graceMs ?? 5000)
    if (await isGroupRunning(owner)) process.kill(-owner.pid, 'SIGTERM')
    while (await isGroupRunning(owner)) {
      if (performance.now() > until) process.kill(-owner.pid, 'SIGKILL')
      await sleep(this.options.pollMs ?? 100)
    }
  }

  /** What the folder of an attempt says; a text says why that cannot be read. */
  async #told(folder: string) {
    try {
      const owner = await readOwner(folder)
      // Asked in this order, so that an end between the two questions is not missed.
      const running = owner !== null && (await isGroupRunning(owner))
      return { owner, running, exit: await readExit(folder) }
    } catch (cause) {
      return unreadable(cause)
    }
  }

  async #judge(job: JobEvent, { code, signal, error, step }: Exit): Promise<JobEnd> {
    const folder = below(this.root, attemptFolder(job))
    if (code === 0) return succeeded(this.root, job, this.trainers)
    if (await wasCancelled(folder)) return { state: 'cancelled', detail: 'cancelled while it ran' }
    const how = error ?? (signal === null ? `exit code ${code}` : `ended by ${signal}`)
    return {
      state: 'failed',
      detail: [[step, how].filter(Boolean).join(': '), await lastLines(folder)].filter(Boolean).join('; '),
    }
  }

  /** The process group is gone and nobody recorded its end. */
  async #lost(job: JobEvent): Promise<JobEnd> {
    const folder = below(this.root, attemptFolder(job))
    if (await wasCancelled(folder)) return { state: 'cancelled', detail: 'cancelled by force' }
    const detail = 'its processes are gone and left no exit status: killed by force, or the machine was restarted'
    return { state: 'unknown', detail }
  }
}

/** Somebody has changed what our watching process wrote, or the disk has. */
const unreadable = (cause: unknown): string =>
  `what its process left cannot be read, so that nobody can tell whether it runs: ${explain(cause)}`

const wasCancelled = (folder: string): Promise<boolean> => exists(join(folder, attemptFiles.cancelled))
