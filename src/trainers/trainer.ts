import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import type { JobEvent } from '../domain/job.js'
import type { TrainedModel } from '../domain/model.js'
import type { PromptTokens } from '../domain/prompt-tokens.js'

/** Absolute paths that a job reads and writes. */
export interface JobPaths {
  /** The data folder, which holds all of them. */
  readonly root: string
  /** Folder with train.jsonl and validation.jsonl. */
  readonly snapshot: string
  /** The job's own folder, which holds the rendered files. */
  readonly folder: string
  /** Where the trainer writes what it makes. */
  readonly output: string
}

/** A job made ready to run. */
export interface Rendered {
  /** Files of the job folder: name → text. */
  readonly files: Readonly<Record<string, string>>
  /**
   * Programs with their arguments, run one after another until one fails; no shell reads them. `steerflow` is this
   * program.
   */
  readonly steps: readonly (readonly string[])[]
  /** Variables that the steps see. They stand in job files: nothing that is secret. */
  readonly env?: Readonly<Record<string, string>>
  /** The folder in which the steps run, where the trainer lies; left out: any. */
  readonly workdir?: string
  /** The machines that the steps are made for; left out: one, without accelerators. */
  readonly machines?: Machines
}

/** What a job that runs on several machines or accelerators needs. */
export interface Machines {
  readonly nodes: number
  /** Accelerators of each node. */
  readonly devices: number
  /** Processes that the launcher starts on each node: as many as devices, or one that starts the others. */
  readonly tasks: number
}

/** What a trainer leaves in its output folder. */
export interface TrainerResult {
  /** What can serve the model. */
  readonly kind: string
  /** The model, a path below the output folder: a file, or the folder of `files`; `.` is the output folder itself. */
  readonly model: string
  /**
   * The names in the folder that make the model; other files there do not count. `*` stands for any characters. Left out
   * where the model is one file.
   */
  readonly files?: {
    /** Each names at least one file. */
    readonly required: readonly string[]
    readonly optional: readonly string[]
  }
  /** A JSON file below the output folder whose `metrics` are the held-out AttributeMetrics; null where there is none. */
  readonly metrics: string | null
}

/** A pure template: job → files and steps. */
export interface Trainer {
  readonly name: string
  readonly role: TrainedModel['role']
  /** Null when jobs of this trainer run where we cannot follow them: they are only rendered. */
  readonly result: TrainerResult | null
  /** The prompt tokens that a job with these settings trains with; null when that is not the trainer's to say. */
  promptTokens(settings: Readonly<Record<string, unknown>>): PromptTokens | null
  /** Tokens of a conversation that a job with these settings reads; null when that is not the trainer's to say. */
  maxLength(settings: Readonly<Record<string, unknown>>): number | null
  /**
   * These settings with the defaults of the others.
   * @throws STEERFLOW_JOB_INVALID when they do not fit; the message names the setting.
   */
  settings(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** @throws STEERFLOW_JOB_INVALID when the job's settings do not fit; the message names the setting. */
  render(job: JobEvent, paths: JobPaths): Rendered
}

/** Declares a trainer with the schema of its settings, which is closed: an unknown setting is refused. */
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
  /** What a function says of settings; null where they do not fit or there is no such function. */
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
