import { roundOfDataset } from './bootstrap/round.js'
import { type AttributeMetric, type ModelRecord, type TrainedModel } from './model.js'
import { activation, type RoleState } from './model-registry.js'

/** The attribute whose held-out rank correlation decides whether a model replaces another. */
const deciding = 'quality'

type Verdict = { readonly promote: boolean; readonly reason: string }

const correlation = (model: TrainedModel): AttributeMetric | undefined =>
  model.metrics.find(metric => metric.attribute === deciding && metric.spearman !== null)

/**
 * Whether `model` replaces `active`: the first of its role does; a later one does when its held-out correlation with the
 * human quality score is not below the interval of the active one's. Without both figures nobody can tell, so a person
 * decides.
 */
function compare(active: ModelRecord | null, model: TrainedModel): Verdict {
  if (roundOfDataset(model.dataset) !== null)
    return { promote: false, reason: 'its bootstrap loop keeps the best of its models' }
  if (active === null) return { promote: true, reason: 'the first model of its role' }
  const [ours, theirs] = [correlation(model)?.spearman, correlation(active)]
  const least = theirs?.spearman_low ?? theirs?.spearman
  if (ours == null || least == null) {
    return { promote: false, reason: `no held-out ${deciding} correlation to compare with ${active.model}` }
  }
  const figures = `held-out ${deciding} correlation ${ours.toFixed(3)}, ${active.model} at least ${least.toFixed(3)}`
  return { promote: ours >= least, reason: figures }
}

/** Whether the active model was registered after `model`: somebody chose it, or the rule did, with the older one known. */
function isOlder({ active, models }: RoleState, model: ModelRecord): boolean {
  const order = [...models.keys()]
  return active !== null && order.indexOf(model.model) < order.indexOf(active.model)
}

/**
 * What the rule says of the model that has waited longest for a decision, as records: the model becomes active, or stays
 * registered with the reason. Each model is decided about once, so that one which was rolled back from stays retired, and
 * only a model newer than the active one is promoted. Empty when nothing waits.
 */
export function applyRule(state: RoleState): readonly ModelRecord[] {
  const [model] = state.undecided
  if (!model) return []
  const { promote, reason } = isOlder(state, model)
    ? { promote: false, reason: `older than ${state.active!.model}` }
    : compare(state.active, model)
  if (promote) return activation(state, model, { reason: `rule: ${reason}`, decided_by: 'rule' })
  return [{ ...model, reason: `rule: not active: ${reason}`, decided_by: 'rule' }]
}
