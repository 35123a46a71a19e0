import { type AttributeMetric, type ModelRecord, type TrainedModel } from './model.js'

/** The attribute whose held-out rank correlation decides whether a model replaces another. */
const deciding = 'quality'

/** What a newly trained model changes: which model is active afterwards, and the records that say so, in order. */
export interface Registration {
  readonly active: ModelRecord
  readonly records: readonly ModelRecord[]
}

type Verdict = { readonly promote: boolean; readonly reason: string }

const correlation = (model: TrainedModel): AttributeMetric | undefined =>
  model.metrics.find(metric => metric.attribute === deciding && metric.spearman !== null)

/**
 * Whether `model` replaces `active`: the first of its role does; a later one does when its held-out correlation with the
 * human quality score is not below the interval of the active one's. Without both figures nobody can tell, so a person
 * decides.
 */
function compare(active: ModelRecord | null, model: TrainedModel): Verdict {
  if (active === null) return { promote: true, reason: 'the first model of its role' }
  const [ours, theirs] = [correlation(model)?.spearman, correlation(active)]
  const least = theirs?.spearman_low ?? theirs?.spearman
  if (ours == null || least == null) {
    return { promote: false, reason: `no held-out ${deciding} correlation to compare with ${active.model}` }
  }
  const figures = `held-out ${deciding} correlation ${ours.toFixed(3)}, ${active.model} at least ${least.toFixed(3)}`
  return { promote: ours >= least, reason: figures }
}

/** Registers a model and applies the rule of promotion. The model that is active already changes nothing. */
export function register(active: ModelRecord | null, model: TrainedModel): Registration {
  if (active?.digest === model.digest) return { active, records: [] }
  const registered: ModelRecord = { ...model, state: 'registered', reason: `trained by ${model.job}` }
  const { promote, reason } = compare(active, model)
  if (!promote && active) return { active, records: [{ ...registered, reason: `not active: ${reason}` }] }
  const promoted: ModelRecord = { ...model, state: 'active', reason }
  const retired: readonly ModelRecord[] = active
    ? [{ ...active, state: 'retired', reason: `replaced by ${model.model}` }]
    : []
  return { active: promoted, records: [registered, promoted, ...retired] }
}

/** The newest record of each model, in the order in which the models were first registered. */
export function latestModels(records: readonly ModelRecord[]): readonly ModelRecord[] {
  return [...new Map(records.map(record => [record.model, record])).values()]
}
