import { subtractLabels } from '../label-counts.js'
import { type Histogram, populationStability } from '../population-stability.js'
import { type Gate, type GateResult, atLeast, type GateQuestion } from './gate.js'

/** The number of members of a population. */
const sizeOf = (histogram: Histogram): number => Object.values(histogram).reduce((sum, count) => sum + count, 0)

/**
 * Requires that the labels have not moved: for every attribute, the population stability index between the last job's labels
 * and the new ones (or all) is at most the threshold. For equal populations the index is about (values - 1) · (1/n + 1/m) by
 * chance alone (Yurdakul and Naranjo, Statistical properties of the population stability index, 2020), so small ones are not
 * judged.
 */
export const stability: Gate = ({ facts, trained, rules }) => {
  const { stability: threshold, stabilityOf, stabilityTurns } = rules
  const untold = (value: string | null): GateResult[] => [{ rule: 'stability', value, threshold, held: true }]
  if (threshold === null || trained === null) return untold(trained === null ? 'no job before' : null)
  const now = stabilityOf === 'new' ? subtractLabels(facts.labels, trained.labels) : facts.labels
  const results = Object.keys(trained.labels.values)
    .concat(Object.keys(now.values).filter(key => !Object.hasOwn(trained.labels.values, key)))
    .flatMap(attribute => {
      const [before, after] = [trained.labels.values[attribute] ?? {}, now.values[attribute] ?? {}]
      const index = populationStability(before, after)
      if (index === null || Math.min(sizeOf(before), sizeOf(after)) < stabilityTurns) return []
      const value = Math.round(index * 1e6) / 1e6
      return [{ rule: `stability of ${attribute}`, value, threshold, held: index <= threshold }]
    })
  return results.length > 0 ? results : untold('too few labels')
}

/**
 * Requires that enough of the learnt turns have a label. If no manifest counts labels, the gate holds. The recorded share is
 * rounded down, never up to the threshold.
 */
export const coverage: Gate = ({ facts: { labels }, rules }) => {
  if (labels.turns === 0) return [{ rule: 'coverage', value: null, threshold: rules.coverage, held: true }]
  return [atLeast('coverage', Math.floor((labels.labelled / labels.turns) * 1e6) / 1e6, rules.coverage)]
}

/** Requires a trainer. */
const trainer: Gate = ({ rules }) => [
  { rule: 'trainer', value: rules.trainer, threshold: null, held: rules.trainer !== 'none' },
]

/** Requires that all labels are of one attribute set, since a model learns one. */
const attributeSet: Gate = ({ facts: { attributeSets } }) => [
  { rule: 'one attribute set', value: attributeSets.join(', '), threshold: null, held: attributeSets.length <= 1 },
]

const records: Gate = ({ facts, rules }) => [atLeast('records', facts.records, rules.records)]
const validation: Gate = ({ facts, rules }) => [atLeast('validation', facts.validation, rules.validation)]

/** Requires data that the last job was not trained on. */
const fresh: Gate = ({ facts, trained, leastNew }) => [
  atLeast('new', facts.records - (trained?.records ?? 0), leastNew),
]

/** Every gate, in the order in which results are recorded. */
const gates: readonly Gate[] = [trainer, attributeSet, records, fresh, validation, coverage, stability]

/** The results of all gates; a job is requested if all hold. */
export const judgeAll = (asked: GateQuestion): readonly GateResult[] => gates.flatMap(gate => gate(asked))
