import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import type { JobEvent } from '../domain/job.js'
import type { TrainedModel } from '../domain/model.js'
import type { PromptTokens } from '../domain/prompt-tokens.js'

/** Absolute paths that a job reads and writes. */
export interface JobPaths {
  /** The data folder, which contains all of them. */
  readonly root: string
  /** Folder with train.jsonl and validation.jsonl. */
  readonly snapshot: string
  /** The job's own folder, which contains the rendered files. */
  readonly folder: string
  /** The folder for the trainer's output. */
  readonly output: string
}

/** A job that is ready to run. */
export interface Rendered {
  /** Files of the job folder: name → text. */
  readonly files: Readonly<Record<string, string>>
  /** Programs with their arguments, run in order until one fails, without a shell. `steerflow` is this program. */
  readonly steps: readonly (readonly string[])[]
  /** Environment variables of the steps. They stand in job files, so they must not be secret. */
  readonly env?: Readonly<Record<string, string>>
  /** The folder in which the steps run, e.g. that of the trainer; any folder if absent. */
  readonly workdir?: string
  /** The machines that the steps are made for; if absent, one without accelerators. */
  readonly machines?: Machines
}

/** The requirements of a job that runs on several machines or accelerators. */
export interface Machines {
  readonly nodes: number
  /** Accelerators of each node. */
  readonly devices: number
  /** Processes that the launcher starts on each node: one for each device, or one that starts the others. */
  readonly tasks: number
}

/** The output of a trainer. */
export interface TrainerResult {
  /** The kind of the model, which determines what can serve it. */
  readonly kind: string
  /** The model, a path below the output folder: a file, or the folder of `files`; `.` is the output folder itself. */
  readonly model: string
  /**
   * The names in the folder that make up the model; other files there are ignored. `*` stands for any characters. Absent
   * if the model is one file.
   */
  readonly files?: {
    /** Each must match at least one file. */
    readonly required: readonly string[]
    readonly optional: readonly string[]
  }
  /** A JSON file below the output folder whose `metrics` are the held-out AttributeMetrics; null if there is none. */
  readonly metrics: string | null
}

/** A pure template: job → files and steps. */
export interface Trainer {
  readonly name: string
  readonly role: TrainedModel['role']
  /** Null if jobs of this trainer run where we cannot follow them: they are only rendered. */
  readonly result: TrainerResult | null
  /** The prompt tokens that a job with these settings trains with; null if the trainer does not determine them. */
  promptTokens(settings: Readonly<Record<string, unknown>>): PromptTokens | null
  /** Tokens of a conversation that a job with these settings reads; null if the trainer does not determine it. */
  maxLength(settings: Readonly<Record<string, unknown>>): number | null
  /**
   * These settings, with defaults for the others.
   * @throws STEERFLOW_JOB_INVALID when they do not fit; the message names the setting.
   */
  settings(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** @throws STEERFLOW_JOB_INVALID when the job's settings do not fit; the message names the setting. */
  render(job: JobEvent, paths: JobPaths): Rendered
}

/** Declares a trainer with a closed schema of its settings: an unknown setting is refused. */
export const trainer = <S extends z.ZodObject>(
  declared: Omit<Trainer, 'render' | 'promptTokens' | 'maxLength' | 'settings'> & {
    readonly settings: S
    readonly render: (job: JobEvent, settings: z.output<S>, paths: JobPaths) => Rendered
    readonly tokens?: (settings: z.output<S>) => PromptTokens
    readonly maxLength?: (settings: z.output<S>) => number
  },
): Trainer => {
  const settingsOf = (given: Readonly<Record<string, unknown>>): z.output<S> => {
    const settings = declared.settings.safeParse(given)
    if (settings.success) return settings.data
    const [issue] = settings.error.issues
    const where = [declared.name, ...(issue?.path ?? [])].join(': ')
    throw new SteerflowError('STEERFLOW_JOB_INVALID', `settings of ${where}: ${issue?.message}`)
  }
  /** The result of a function of the settings; null if they do not fit or there is no such function. */
  const told = <T>(given: Readonly<Record<string, unknown>>, of?: (settings: z.output<S>) => T): T | null => {
    const settings = declared.settings.safeParse(given)
    return settings.success && of ? of(settings.data) : null
  }
  return {
    name: declared.name,
    role: declared.role,
    result: declared.result,
    promptTokens: given => told(given, declared.tokens),
    maxLength: given => told(given, declared.maxLength),
    settings: settingsOf,
    render: (job, paths) => declared.render(job, settingsOf(job.settings), paths),
  }
}
