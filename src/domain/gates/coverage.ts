import { atLeast, type Gate } from './gate.js'

/**
 * Enough of the learnt turns have a label. What no manifest counts cannot be told. The share is rounded down for the
 * record, never up to the threshold.
 */
export const coverage: Gate = ({ facts: { labels }, rules }) => {
  if (labels.turns === 0) return [{ rule: 'coverage', value: null, threshold: rules.coverage, held: true }]
  return [atLeast('coverage', Math.floor((labels.labelled / labels.turns) * 1e6) / 1e6, rules.coverage)]
}
