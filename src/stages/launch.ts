import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { JobEvent, type JobState } from '../domain/job.js'
import { advances, isOpen } from '../domain/job-states.js'
import { ModelRecord, type TrainedModel } from '../domain/model.js'
import { type JobRunner, type JobRunners, type LaunchingRunner } from './needs.js'
import { fold, type LastingFold } from './stage.js'

/** What is known of a dataset's jobs after the events so far. */
interface Jobs {
  readonly jobs: ReadonlyMap<string, JobEvent>
  /** The last event where it moved a job on; null when it said nothing new. */
  readonly moved: JobEvent | null
}

/** How a job goes on: the keys of its next event that differ. */
type Step = Partial<JobEvent> & { readonly state: JobState }

/** A runner that launches; the configuration may have changed since the job was rendered. */
function launcher(runner: JobRunner): LaunchingRunner {
  if (!runner.rendersOnly) return runner
  throw new SteerflowError('STEERFLOW_JOB_INVALID', 'its launcher only renders')
}

/** Something is done for a job, and its next state follows. */
type Act = (runner: JobRunner, job: JobEvent) => Promise<Step>

/**
 * What is done on reaching a state. `launching` is committed before the side effect that it announces; after a crash the
 * same event is acted on again, and the runner finds the job under its name.
 */
const acts: Partial<Record<JobState, Act>> = {
  requested: async (runner, job) => {
    const folder = await runner.render(job)
    if (runner.rendersOnly) return { state: 'rendered', folder, detail: 'run it with run.sh in its folder' }
    const attempt = job.attempt + 1
    return { state: 'launching', attempt, host: runner.host, folder, detail: null, launched_as: null }
  },
  launching: async (runner, job) => {
    const start = await launcher(runner).start(job)
    return start.state === 'launched' ? { state: 'launched', launched_as: start.id } : start
  },
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

/** A job that can never run has failed; nothing else is wrong with the pipeline. */
const failedIfInvalid = (thrown: unknown): Step => {
  if (thrown instanceof SteerflowError && thrown.kind === 'permanent')
    return { state: 'failed', detail: thrown.message }
  throw thrown
}

/** What a job made, before anybody has decided about it. */
const registered = (model: TrainedModel): ModelRecord => ({
  ...model,
  state: 'registered',
  reason: `trained by ${model.job}`,
})

const ports = { jobs: JobEvent, models: ModelRecord }

/**
 * Carries training jobs from the request to a registered model. Its output leads back into its own topic, so that every
 * step is on record before the next is taken.
 */
export const launch = fold<{ readonly runners: JobRunners }>()({
  name: 'launch',
  summary: 'Renders, launches and follows training jobs, and registers the models that they make.',
  groups: 'lasting',
  key: (record: JobEvent) => record.dataset,
  input: JobEvent,
  ports,
  options: z.strictObject({}),
  create: ({ needs, to }): LastingFold<typeof JobEvent, typeof ports, Jobs> => {
    const follow = async (job: JobEvent, work: (runner: JobRunner) => Promise<Step>) => {
      const step = await Promise.resolve()
        .then(() => work(needs.runners.runner(job.launcher)))
        .catch(failedIfInvalid)
      return [to.jobs({ ...job, ...step })]
    }
    return {
      open: () => ({ jobs: new Map(), moved: null }),

      step: ({ jobs }, event) =>
        advances(jobs.get(event.job), event)
          ? { jobs: new Map(jobs).set(event.job, event), moved: event }
          : { jobs, moved: null },

      act: async ({ moved }) => {
        if (moved === null) return []
        const act = acts[moved.state]
        if (act) return follow(moved, runner => act(runner, moved))
        return moved.model ? [to.models(registered(moved.model))] : []
      },

      pursue: ({ jobs }) =>
        [...jobs.values()]
          .filter(job => isOpen(job.state) && acts[job.state] === undefined)
          .map(job => ({
            key: `${job.job} attempt ${job.attempt} ${job.state}`,
            run: (signal: AbortSignal) => follow(job, runner => awaitNext(runner, job, signal)),
          })),
    }
  },
})
