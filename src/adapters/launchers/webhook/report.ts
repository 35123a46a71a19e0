import { z } from 'zod'
import { AttributeMetric } from '../../../domain/model.js'
import { ModelPlace } from '../../../domain/names.js'

/** A job report of the other system, from a callback or a status request. */
export const JobReport = z.strictObject({
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  detail: z.string().max(2000).nullable().default(null),
  model: z
    .strictObject({
      uri: ModelPlace.min(1).max(2000).describe('location of the model'),
      digest: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('sha256 of the model'),
      kind: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('kind of server that can serve it; default: the kind that the trainer makes'),
      metrics: z.array(AttributeMetric).max(1000).default([]),
    })
    .nullable()
    .default(null)
    .describe('model of a successful job; default: the one in the output folder'),
})
export type JobReport = z.output<typeof JobReport>

export const isEnd = ({ state }: JobReport): boolean => state !== 'queued' && state !== 'running'
