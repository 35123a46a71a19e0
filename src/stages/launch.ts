import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { JobEvent, type JobState } from '../domain/job.js'
import { isUnderWay } from '../domain/job-states.js'
import { inTurn, noJobs, withJobEvent } from '../domain/job-turns.js'
import { ModelRecord, type TrainedModel } from '../domain/model.js'
import type { JobRunner, LaunchingRunner } from './needs.js'
import { lastingFold } from './stage.js'

/** The next step of a job: the keys in which its next event differs. */
type Step = Partial<JobEvent> & { readonly state: JobState }

/** Requires a runner that launches; the configuration may have changed since the job was rendered. */
function launcher(runner: JobRunner): LaunchingRunner {
  if (!runner.rendersOnly) return runner
  throw new SteerflowError('STEERFLOW_JOB_INVALID', 'its launcher only renders')
}

/** Does something for a job and returns its next state. */
type Act = (runner: JobRunner, job: JobEvent) => Promise<Step>

/** Writes the files of a job whose turn has come, and announces its start. */
const begin: Act = async (runner, job) => {
  const folder = await runner.render(job)
  if (runner.rendersOnly) return { state: 'rendered', folder, detail: 'run it with run.sh in its folder' }
  const attempt = job.attempt + 1
  return { state: 'launching', attempt, host: runner.host, folder, detail: null, launched_as: null }
}

/**
 * Starts a job whose start has been announced and committed. After a crash the same event is acted on again, and the
 * runner finds the job by its name.
 */
const start: Act = async (runner, job) => {
  const started = await launcher(runner).start(job)
  return started.state === 'launched' ? { state: 'launched', launched_as: started.id } : started
}

/** Waits for a launched job to run or to end, for as long as it takes. */
const awaitNext = async (runner: JobRunner, job: JobEvent, signal: AbortSignal): Promise<Step> => {
  const progress = await launcher(runner).next(job, signal)
  if (progress.state !== 'succeeded') return progress
  return {
    ...progress,
    detail: progress.model === null ? `${job.trainer} leaves no model that could be registered` : null,
  }
}

/** Turns a permanent error into a failed job: the job can never run, but the pipeline is fine. */
const failedIfInvalid = (thrown: unknown): Step => {
  if (thrown instanceof SteerflowError && thrown.kind === 'permanent')
    return { state: 'failed', detail: thrown.message }
  throw thrown
}

/** The model of a job, before anybody has decided about it. */
const registered = (model: TrainedModel): ModelRecord => ({
  ...model,
  state: 'registered',
  reason: `trained by ${model.job}`,
})

const ports = { jobs: JobEvent, models: ModelRecord }

/** The end of a job that had not begun when its dataset requested another. */
const replaced = (job: JobEvent, by: JobEvent): JobEvent => ({
  ...job,
  state: 'cancelled',
  detail: `superseded by ${by.job} before it began`,
  superseded_by: by.job,
})

const LaunchOptions = z.strictObject({
  most: z
    .record(z.string(), z.int().positive())
    .default({})
    .describe('maximum number of jobs at once, by launcher; a launcher that is not named has no limit'),
})

/**
 * Carries training jobs from the request to a registered model, one at a time for each dataset. Its output leads back into
 * its own topic, so that every step is on record before the next is taken.
 */
export const launch = lastingFold({
  name: 'launch',
  summary: 'Renders, launches and follows training jobs, and registers their models.',
  needs: ['runners'],
  initial: () => noJobs,
  // One group, because the datasets share the launchers.
  key: () => 'jobs',
  input: JobEvent,
  ports,
  options: LaunchOptions,
  create: ({ options, needs, to }) => {
    const follow = async (job: JobEvent, work: (runner: JobRunner) => Promise<Step>) => {
      const step = await Promise.resolve()
        .then(() => work(needs.runners.runner(job.launcher)))
        .catch(failedIfInvalid)
      return [to.jobs({ ...job, ...step })]
    }
    return {
      step: (state, event, { offset }) => withJobEvent(state, event, offset),

      act: async ({ moved, replacing }) => {
        if (moved === null) return []
        if (moved.state === 'launching') return follow(moved, runner => start(runner, moved))
        if (moved.state === 'requested') return replacing.map(job => to.jobs(replaced(job, moved)))
        return moved.model ? [to.models(registered(moved.model))] : []
      },

      pursue: state => [
        ...inTurn(state, options.most).map(({ job: name, request }) => ({
          key: `${name} requested at ${request}`,
          run: () => follow(state.jobs.get(name)!, runner => begin(runner, state.jobs.get(name)!)),
        })),
        ...[...state.jobs.values()]
          .filter(({ state }) => isUnderWay(state) && state !== 'launching')
          .map(job => ({
            key: `${job.job} attempt ${job.attempt} ${job.state}`,
            run: (signal: AbortSignal) => follow(job, runner => awaitNext(runner, job, signal)),
          })),
      ],
    }
  },
})
