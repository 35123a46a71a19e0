import { z } from 'zod'
import { AttributeMetric } from '../../../domain/model.js'
import { ModelPlace } from '../../../domain/names.js'

/** What the other system tells of a job: in a callback, or when it is asked. */
export const JobReport = z.strictObject({
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  detail: z.string().max(2000).nullable().default(null),
  model: z
    .strictObject({
      uri: ModelPlace.min(1).max(2000).describe('where the model lies'),
      digest: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('sha256 of the model'),
      kind: z.string().min(1).max(100).optional().describe('what can serve it; left out: what the trainer makes'),
      metrics: z.array(AttributeMetric).max(1000).default([]),
    })
    .nullable()
    .default(null)
    .describe('what a job that succeeded has made; left out: it lies in the output folder'),
})
export type JobReport = z.output<typeof JobReport>

export const isEnd = ({ state }: JobReport): boolean => state !== 'queued' && state !== 'running'
