import { z } from 'zod'
import { ModelPlace } from './names.js'

/** How well a model predicts one attribute on trees it has not seen, beside two controls. */
export const AttributeMetric = z
  .strictObject({
    attribute: z.string(),
    turns: z.int().nonnegative().describe('held-out labelled turns'),
    spearman: z.number().nullable().describe('rank correlation of the prediction with the human score'),
    spearman_low: z.number().nullable().describe('lower end of its 95% interval, resampled by tree'),
    spearman_high: z.number().nullable(),
    spearman_length: z.number().nullable().describe('rank correlation of the length of the text alone'),
    mae: z.number().nullable().describe('mean absolute error of the prediction, in points of the scale'),
    mae_constant: z.number().nullable().describe('mean absolute error of always predicting the training mean'),
  })
  .meta({ title: 'AttributeMetric' })
export type AttributeMetric = z.output<typeof AttributeMetric>

/** The properties of a model when its training has ended, before it has a place in the registry. */
export const TrainedModel = z
  .strictObject({
    model: z.string().describe('name: <dataset>-<first 12 of the digest>'),
    role: z.enum(['value', 'steerlm']),
    digest: z.string().describe('sha256 of the model file'),
    path: ModelPlace.describe('model folder or file below the storage root'),
    kind: z.string().describe('what can serve it: baseline, …'),
    attribute_set: z.string(),
    dataset: z.string(),
    snapshot: z.string().describe('digest of the snapshot it was trained on'),
    job: z.string(),
    metrics: z.array(AttributeMetric),
  })
  .meta({ title: 'TrainedModel' })
export type TrainedModel = z.output<typeof TrainedModel>

/**
 * A model's place in the registry: registered → active → retired. The latest active record of a role determines the active
 * model, whatever the records of other models say (`withRecord` in model-registry.ts). A model of kind `external` is made
 * elsewhere and served by endpoints that declare it: its name and digest are the declared ones, and path, dataset, snapshot
 * and job are empty.
 */
export const ModelRecord = z
  .strictObject({
    ...TrainedModel.shape,
    state: z.enum(['registered', 'active', 'retired']),
    reason: z.string().describe('who asked for this state, the rule or a person, and why'),
    decided_by: z
      .enum(['rule', 'person'])
      .optional()
      .describe('who decided; absent where nothing was decided yet: a model that a job made'),
    rolled_back_from: z
      .string()
      .optional()
      .describe('on an active record: the model that was active before and is not to be promoted by the rule again'),
  })
  .meta({ title: 'ModelRecord' })
export type ModelRecord = z.output<typeof ModelRecord>
