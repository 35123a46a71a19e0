import { SteerflowError } from '../../../domain/errors.js'
import { accounted, queued, type SlurmJob, cancelled } from './commands.js'
import { meaningOf } from './states.js'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobEvent } from '../../../domain/job.js'
import type { JobEnd, JobProgress, JobStart, LaunchingRunner } from '../../../stages/needs.js'
import type { Trainer } from '../../../trainers/trainer.js'
import { trainers as builtIn } from '../../../trainers/trainers.js'
import { below } from '../../storage/below.js'
import { exists, storing, writeDurably } from '../../storage/durable.js'
import { readSmall } from '../../storage/small-file.js'
import { attemptName } from '../attempt-name.js'
import { lastLines } from '../exec/start-watched.js'
import { instanceOf } from '../instance.js'
import { attemptFolder, writeAttempt, writeJobFolder } from '../job-folder.js'
import { succeeded } from '../trained-model.js'
import { slurmScript } from './script.js'
import type { SlurmSettings } from './settings.js'
import { submission, submissions, submit } from './submit.js'

/** Result of looking up a job. */
export interface LookedUp {
  /** Null if neither command knows it. */
  readonly job: SlurmJob | null
  /** False if the controller has forgotten the job and accounting has no end of it (yet). */
  readonly certain: boolean
}

/**
 * Looks up a job by its name, and its id if known. The controller is more current than accounting.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE if one of the two does not answer; nothing is known then
 */
export async function lookUp(name: string, id: string | null, since: Date): Promise<LookedUp> {
  const ours = (jobs: readonly SlurmJob[]) => jobs.findLast(job => id === null || job.id === id) ?? null
  const now = ours(await queued(name))
  if (now !== null) return { job: now, certain: true }
  const then = ours(await accountedIfAny(name, since))
  return { job: then, certain: then !== null && !['waiting', 'running'].includes(meaningOf(then.state)) }
}

/** Accounting records; empty if the cluster has no accounting. */
async function accountedIfAny(name: string, since: Date): Promise<readonly SlurmJob[]> {
  try {
    return await accounted(name, since)
  } catch (thrown) {
    if (thrown instanceof SteerflowError && /disabled/i.test(thrown.message)) return []
    throw thrown
  }
}

/**
 * Login variables that jobs may rely on. Any other variable may be a secret, and Slurm stores what it gets; variables of
 * sbatch itself (SBATCH_*) would override the head of the script.
 */
const harmless = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|MODULEPATH|SLURM_CONF\w*)$/

/** The environment of sbatch, which Slurm passes to the job. */
export const submitEnvironment = (own: NodeJS.ProcessEnv, named: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(own).filter(([name]) => harmless.test(name) || named.includes(name)))

const scriptFile = 'job.sbatch'

/**
 * Runs jobs on a Slurm cluster whose nodes see the data folder under the same path. An attempt has one name and is looked up
 * under it before submission; its script does nothing in a second job.
 */
export class SlurmRunner implements LaunchingRunner {
  readonly rendersOnly = false
  readonly host = hostname()

  constructor(
    private readonly root: string,
    private readonly settings: SlurmSettings,
    private readonly trainers: readonly Trainer[] = builtIn,
  ) {}

  async render(job: JobEvent): Promise<string> {
    return writeJobFolder(this.root, job, this.trainers)
  }

  async start(job: JobEvent): Promise<JobStart> {
    const folder = below(this.root, attemptFolder(job))
    const { root, settings, trainers } = this
    const name = await this.#name(job)
    const rendered = await writeAttempt(root, job, trainers)
    const script = slurmScript({ name, folder, root, rendered, settings })
    await storing(`write the script of ${job.job} in ${folder}`, () => writeDurably(join(folder, scriptFile), script))
    const env = submitEnvironment(process.env, settings.environment)
    const command = ['sbatch', '--parsable', `--job-name=${name}`, join(folder, scriptFile)]
    return storing(`submit ${job.job}`, async () => {
      const before = await submissions(folder)
      const earlier = before === 0 ? null : await this.#settled(job, name, before)
      if (earlier !== null) return earlier
      await submit(folder, before + 1, { command, env })
      const start = await this.#settled(job, name, before + 1)
      if (start !== null) return start
      throw new SteerflowError(
        'STEERFLOW_LAUNCHER_UNAVAILABLE',
        `sbatch: ${await lastLines(join(folder, `submit-${before + 1}`))}`,
      )
    })
  }

  async next(job: JobEvent, signal: AbortSignal): Promise<JobProgress> {
    const name = await this.#name(job)
    let interrupted = 0
    let uncertainSince: number | null = null
    for (;;) {
      const { job: found, certain } = await lookUp(name, await this.#id(job), monthAgo())
      if (found !== null) {
        const meaning = meaningOf(found.state)
        interrupted = meaning === 'interrupted' ? interrupted + 1 : 0
        if (meaning === 'running' && certain && job.state === 'launched') {
          return { state: 'running', detail: `Slurm job ${found.id}` }
        }
        const isEnd = meaning === 'succeeded' || meaning === 'failed' || meaning === 'cancelled' || interrupted > 1
        if (isEnd) return this.#judge(job, found)
      }
      // The controller may drop a finished job before accounting shows its end.
      uncertainSince = certain ? null : (uncertainSince ?? performance.now())
      const lag = this.settings.accountingLagSeconds * 1000
      if (uncertainSince !== null && performance.now() - uncertainSince >= lag) return this.#untold(job, name)
      await sleep(this.settings.pollSeconds * 1000, undefined, { signal })
    }
  }

  async cancel(job: JobEvent): Promise<void> {
    const name = await this.#name(job)
    const jobs = await queued(name)
    const running = jobs.filter(({ state }) => ['waiting', 'running', 'interrupted'].includes(meaningOf(state)))
    if (running.length === 0) throw new SteerflowError('STEERFLOW_USAGE', `squeue shows no job called ${name}`)
    for (const { id } of running) await cancelled(id)
  }

  /** Result of the nth call of sbatch; null if it certainly submitted nothing. */
  async #settled(job: JobEvent, name: string, n: number): Promise<JobStart | null> {
    const call = await submission(below(this.root, attemptFolder(job)), n, 100)
    if (call.end === 'submitted') return { state: 'launched', id: call.id }
    // Looked up after the call has ended, so that its job is not missed; throws while the controller does not answer.
    const { job: found } = await lookUp(name, await this.#id(job), monthAgo())
    if (found !== null) return { state: 'launched', id: found.id }
    if (call.end === 'refused') throw new SteerflowError('STEERFLOW_JOB_INVALID', call.said)
    // Absolute age by the wall clock: a clock that was set back must not make an old call look recent, which would submit
    // its job twice.
    const ageMs = call.end === 'lost' ? Math.abs(Date.now() - call.at.getTime()) : 0
    const isRemembered = ageMs < this.settings.minJobAgeSeconds * 1000
    if (call.end === 'unanswered' || (job.host === this.host && isRemembered)) return null
    const detail = `it is unknown whether sbatch submitted ${name}: neither squeue nor sacct lists it; if it does not exist, retry it`
    return { state: 'unknown', detail }
  }

  async #judge(job: JobEvent, { id, state, reason }: SlurmJob): Promise<JobEnd> {
    const how = `Slurm job ${id}: ${[state, reason].filter(Boolean).join(', ')}`
    const meaning = meaningOf(state)
    if (meaning === 'succeeded') return succeeded(this.root, job, this.trainers)
    if (meaning === 'cancelled') return { state: 'cancelled', detail: how }
    return { state: 'failed', detail: [how, await this.#log(job)].filter(Boolean).join('; ') }
  }

  /** Neither command knows the job. Its script may have recorded that it finished; otherwise the end stays unknown. */
  async #untold(job: JobEvent, name: string): Promise<JobEnd> {
    const finished = below(this.root, attemptFolder(job), 'finished')
    const isFinished = await exists(finished)
    if (isFinished) return succeeded(this.root, job, this.trainers)
    const log = `${attemptFolder(job)}/log`
    return {
      state: 'unknown',
      detail: `squeue and sacct do not show the end of ${name}; see ${log} and sacct -j ${job.launched_as}`,
    }
  }

  #log = (job: JobEvent): Promise<string> => lastLines(below(this.root, attemptFolder(job)))

  async #name(job: JobEvent): Promise<string> {
    return attemptName(job, await instanceOf(this.root))
  }

  /** The attempt's id from Slurm, or that of the job which took it; null if neither is known. */
  async #id(job: JobEvent): Promise<string | null> {
    if (job.launched_as) return job.launched_as
    const taken = await readSmall(below(this.root, attemptFolder(job), 'slurm-job')).catch(() => '')
    return taken.trim() || null
  }
}

/** Start of the accounting search: no cluster lets a job run for longer. */
const monthAgo = (): Date => new Date(Date.now() - 31 * 86_400_000)
