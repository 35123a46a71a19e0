import { z } from 'zod'

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

/** What is known of a model when its training has ended, before it has a place in the registry. */
export const TrainedModel = z
  .strictObject({
    model: z.string().describe('name: <dataset>-<first 12 of the digest>'),
    role: z.enum(['value', 'steerlm']),
    digest: z.string().describe('sha256 of the model file'),
    path: z.string().describe('model folder or file below the storage root'),
    kind: z.string().describe('what can serve it: baseline, …'),
    attribute_set: z.string(),
    dataset: z.string(),
    snapshot: z.string().describe('digest of the snapshot it was trained on'),
    job: z.string(),
    metrics: z.array(AttributeMetric),
  })
  .meta({ title: 'TrainedModel' })
export type TrainedModel = z.output<typeof TrainedModel>

/** A model's place in the registry. Registered → active → retired. */
export const ModelRecord = z
  .strictObject({
    ...TrainedModel.shape,
    state: z.enum(['registered', 'active', 'retired']),
    reason: z.string().describe('why it has this state'),
  })
  .meta({ title: 'ModelRecord' })
export type ModelRecord = z.output<typeof ModelRecord>
