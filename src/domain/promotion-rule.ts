import { roundOfDataset } from './bootstrap/round.js'
import type { AttributeMetric, ModelRecord, TrainedModel } from './model.js'
import { activation, type RoleState } from './model-registry.js'

/** The attributes that decide by default; the first one that a set has is used. */
const usual = ['quality', 'helpfulness']

/** The configured value that leaves every decision but the first to a person. */
export const byPerson = 'none'

/**
 * The attribute whose held-out rank correlation decides whether a model replaces another.
 * @param wanted its name; empty: a default one
 * @param known the available attributes
 * @returns null if none of them is available
 */
export const decidingOf = (wanted: string, known: readonly string[]): string | null =>
  (wanted === '' ? usual : [wanted]).find(name => known.includes(name)) ?? null

/** The wanted attributes, in words. */
export const decidingText = (wanted: string): string => (wanted === '' ? usual.join(' or ') : wanted)

type PromotionDecision = { readonly promote: boolean; readonly reason: string }

const correlation = (model: TrainedModel, deciding: string): AttributeMetric | undefined =>
  model.metrics.find(metric => metric.attribute === deciding && metric.spearman !== null)

/**
 * Whether `model` replaces `active`. The first model of a role is promoted. A later one is promoted if its held-out
 * correlation with human scores of the deciding attribute is not below the confidence interval of the active one's. Without
 * both figures a person decides.
 */
function compare(active: ModelRecord | null, model: TrainedModel, wanted: string): PromotionDecision {
  if (roundOfDataset(model.dataset) !== null)
    return { promote: false, reason: 'its bootstrap loop keeps the best of its models' }
  if (active === null) return { promote: true, reason: 'the first model of its role' }
  const measured = model.metrics.map(({ attribute }) => attribute)
  const deciding = decidingOf(wanted, measured)
  if (wanted === byPerson) return { promote: false, reason: 'a person decides (promote.attribute)' }
  if (deciding === null && measured.length > 0) {
    const has = `it predicts ${model.attribute_set} (${measured.join(', ')})`
    return { promote: false, reason: `${has}, and promote.attribute decides by ${decidingText(wanted)}` }
  }
  const [ours, theirs] = deciding === null ? [] : [correlation(model, deciding), correlation(active, deciding)]
  const least = theirs?.spearman_low ?? theirs?.spearman
  if (ours?.spearman == null || least == null) {
    const what = deciding ?? decidingText(wanted)
    return { promote: false, reason: `no held-out ${what} correlation to compare with ${active.model}` }
  }
  const figures = `held-out ${deciding} correlation ${ours.spearman.toFixed(3)}, ${active.model} at least ${least.toFixed(3)}`
  return { promote: ours.spearman >= least, reason: figures }
}

/** Whether the active model was registered after `model`, so that the choice was made with the older one known. */
function isOlder({ active, models }: RoleState, model: ModelRecord): boolean {
  const order = [...models.keys()]
  return active !== null && order.indexOf(model.model) < order.indexOf(active.model)
}

/**
 * The rule's decision about the model that has waited longest, as records: the model becomes active, or stays registered
 * with the reason. Each model is decided about once, so a model that was rolled back stays retired, and only a model newer
 * than the active one is promoted. Empty if no model waits.
 * @param deciding the attribute that decides; empty: a default one
 */
export function applyRule(state: RoleState, deciding = ''): readonly ModelRecord[] {
  const [model] = state.undecided
  if (!model) return []
  const { promote, reason } = isOlder(state, model)
    ? { promote: false, reason: `older than ${state.active!.model}` }
    : compare(state.active, model, deciding)
  if (promote) return activation(state, model, { reason: `rule: ${reason}`, decided_by: 'rule' })
  return [{ ...model, reason: `rule: not active: ${reason}`, decided_by: 'rule' }]
}
