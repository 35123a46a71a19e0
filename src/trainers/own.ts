import { z } from 'zod'
import { explain, SteerflowError } from '../domain/errors.js'
import type { Rendered, Trainer } from './trainer.js'

const callable = <F>() => z.custom<F>(value => typeof value === 'function', 'expected a function')

const Shape = z.looseObject({
  role: z.enum(['value', 'steerlm']),
  result: z
    .object({
      kind: z.string().min(1),
      model: z.string().min(1),
      files: z.object({ required: z.array(z.string()), optional: z.array(z.string()) }).optional(),
      metrics: z.string().nullable(),
    })
    .nullable(),
  promptTokens: callable<Trainer['promptTokens']>(),
  maxLength: callable<Trainer['maxLength']>(),
  settings: callable<Trainer['settings']>(),
  render: callable<Trainer['render']>(),
})

const GivenFiles = z.object({
  files: z
    .record(z.string(), z.string())
    .refine(files => Object.keys(files).every(name => /^[\w-][\w.-]*$/.test(name)), 'expected file names'),
  steps: z.array(z.array(z.string()).min(1)).min(1),
  env: z.record(z.string(), z.string()).optional(),
  workdir: z.string().optional(),
  machines: z.object({ nodes: z.int(), devices: z.int(), tasks: z.int() }).optional(),
})

const spelled = ({ issues: [issue] }: z.ZodError): string => [...(issue?.path ?? []), issue?.message].join(': ')

/**
 * Wraps a trainer of a flow. It may fail in ways that the built-in ones do not: its errors become errors of the job, with
 * its name, and its output is checked before a file is written.
 * @throws STEERFLOW_FLOW_INVALID when it is not a trainer
 */
export function ownTrainer(own: Trainer): Trainer {
  const { name } = own
  const shape = Shape.safeParse(own)
  if (!shape.success) {
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', `the trainer ${name}: ${spelled(shape.error)}`)
  }
  const { role, result } = own
  return {
    name,
    role,
    result,
    promptTokens: settings => ofJob(name, () => own.promptTokens(settings)),
    maxLength: settings => ofJob(name, () => own.maxLength(settings)),
    settings: given => ofJob(name, () => own.settings(given)),
    render: (job, paths) => ofJob(name, () => rendered(name, own.render(job, paths))),
  }
}

function rendered(name: string, given: Rendered): Rendered {
  const checked = GivenFiles.safeParse(given)
  if (checked.success) return given
  throw new SteerflowError(
    'STEERFLOW_JOB_INVALID',
    `the trainer ${name} does not render a job: ${spelled(checked.error)}`,
  )
}

function ofJob<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    throw new SteerflowError('STEERFLOW_JOB_INVALID', `the trainer ${name} fails: ${explain(cause)}`, { cause })
  }
}
