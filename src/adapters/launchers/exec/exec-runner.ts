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
 * Variables that training programs rely on: of the login, the dynamic loader, accelerators, and the libraries of trainers.
 * Any other variable may be a secret of the pipeline.
 */
const known = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|TERM|XDG_\w+)$/,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|LIBRARY_PATH|MODULEPATH|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$/,
  /^(PYTHON\w*|VIRTUAL_ENV|CONDA_\w+)$/,
  /^(CUDA|CUDNN|CUBLAS|NVIDIA|NCCL|NVSHMEM|UCX|GLOO|HIP|ROCM|ROCR|HSA|RCCL|ONEAPI|SYCL)\w*$/,
  /^(OMP|MKL|OPENBLAS|NUMEXPR|TOKENIZERS|TORCH|TORCHINDUCTOR|PYTORCH|TRITON|NVTE|NEMO|MEGATRON)_\w+$/,
  /^(HF|HUGGINGFACE|TRANSFORMERS|DATASETS|ACCELERATE)_\w+$/,
]

/** Names of secrets, which also occur among those variables: HF_TOKEN. */
const secret = /TOKEN(?!IZER)|KEY|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE/

const isKnown = (name: string): boolean => known.some(one => one.test(name)) && !secret.test(name)

/** The environment of a job: the harmless variables of this process, and the named ones. */
export const jobEnvironment = (own: NodeJS.ProcessEnv, named: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(own).filter(([name]) => isKnown(name) || named.includes(name)))

export interface ExecOptions {
  /** Variables of this process to pass to jobs, in addition to the harmless ones. */
  readonly environment?: readonly string[]
  readonly programs?: Programs
  /** Polling interval of a running job, in milliseconds. */
  readonly pollMs?: number
  /** Time for a cancelled job to end by itself, in milliseconds. */
  readonly graceMs?: number
}

/**
 * Runs jobs on this machine, each in its own process group, which outlives the pipeline. A watching process leads the group;
 * it takes the attempt by creating `pid.json`, so repeated requests start an attempt only once.
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
      return { state: 'unknown', detail: `it was launched on ${job.host}, but this is ${this.host}` }
    }
    for (;;) {
      const told = await this.#told(folder)
      if (typeof told === 'string') return { state: 'unknown', detail: told }
      const { owner, running, exit } = told
      if (owner === null) return { state: 'unknown', detail: `no trace of its process in ${attemptFolder(job)}` }
      // A late observer also records that it ran, so that the record does not depend on the time of observation.
      if (job.state === 'launched') return { state: 'running', detail: null }
      if (exit) return this.#judge(job, exit)
      if (!running) return this.#lost(job)
      await sleep(this.options.pollMs ?? 100, undefined, { signal })
    }
  }

  /** Ends a running attempt: sends SIGTERM to the process group, and SIGKILL after the grace period. */
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

  /** The state in an attempt's folder; a string is the cause why it cannot be read. */
  async #told(folder: string) {
    try {
      const owner = await readOwner(folder)
      // Checked in this order, so that an end between the two checks is not missed.
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

  /** The process group is gone without a recorded end. */
  async #lost(job: JobEvent): Promise<JobEnd> {
    const folder = below(this.root, attemptFolder(job))
    if (await wasCancelled(folder)) return { state: 'cancelled', detail: 'cancelled by force' }
    const detail = 'its processes are gone and left no exit status: killed by force, or the machine was restarted'
    return { state: 'unknown', detail }
  }
}

/** The files of the watching process were changed or damaged. */
const unreadable = (cause: unknown): string =>
  `the files of its process cannot be read, so it is unknown whether it runs: ${explain(cause)}`

const wasCancelled = (folder: string): Promise<boolean> => exists(join(folder, attemptFiles.cancelled))
