import { type z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { type JobEvent } from '../domain/job.js'
import { type TrainedModel } from '../domain/model.js'
import { type PromptTokens } from '../domain/prompt-tokens.js'

/** Absolute paths that a job reads and writes. */
export interface JobPaths {
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
  /** Program and arguments; no shell reads them. */
  readonly command: readonly string[]
}

/** What a trainer leaves in its output folder. */
export interface TrainerResult {
  /** What can serve the model. */
  readonly kind: string
  readonly model: string
  /** A JSON object whose `metrics` are the held-out AttributeMetrics. */
  readonly metrics: string
}

/** A pure template: job → files and command. */
export interface Trainer {
  readonly name: string
  readonly role: TrainedModel['role']
  /** Null when jobs of this trainer run where we cannot follow them: they are only rendered. */
  readonly result: TrainerResult | null
  /** The prompt tokens that a job with these settings trains with; null when that is not the trainer's to say. */
  promptTokens(settings: Readonly<Record<string, unknown>>): PromptTokens | null
  /** @throws STEERFLOW_JOB_INVALID when the job's settings do not fit; the message names the setting. */
  render(job: JobEvent, paths: JobPaths): Rendered
}

/** Declares a trainer with the schema of its settings, which is closed: an unknown setting is refused. */
export const trainer = <S extends z.ZodObject>(
  declared: Omit<Trainer, 'render' | 'promptTokens'> & {
    readonly settings: S
    readonly render: (job: JobEvent, settings: z.output<S>, paths: JobPaths) => Rendered
    readonly tokens?: (settings: z.output<S>) => PromptTokens
  },
): Trainer => ({
  name: declared.name,
  role: declared.role,
  result: declared.result,
  promptTokens: given => {
    const settings = declared.settings.safeParse(given)
    return settings.success ? (declared.tokens?.(settings.data) ?? null) : null
  },
  render: (job, paths) => {
    const settings = declared.settings.safeParse(job.settings)
    if (settings.success) return declared.render(job, settings.data, paths)
    const [issue] = settings.error.issues
    const where = [declared.name, ...(issue?.path ?? [])].join(': ')
    throw new SteerflowError('STEERFLOW_JOB_INVALID', `settings of ${where}: ${issue?.message}`)
  },
})
