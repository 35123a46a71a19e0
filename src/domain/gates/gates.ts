import { coverage } from './coverage.js'
import { type Asked, atLeast, type Gate, type GateResult } from './gate.js'
import { stability } from './stability.js'

/** Somebody is to train. */
const trainer: Gate = ({ rules }) => [
  { rule: 'trainer', value: rules.trainer, threshold: null, held: rules.trainer !== 'none' },
]

/** All labels are of one attribute set: a model learns one. */
const attributeSet: Gate = ({ facts: { attributeSets } }) => [
  { rule: 'one attribute set', value: attributeSets.join(', '), threshold: null, held: attributeSets.length <= 1 },
]

const records: Gate = ({ facts, rules }) => [atLeast('records', facts.records, rules.records)]
const validation: Gate = ({ facts, rules }) => [atLeast('validation', facts.validation, rules.validation)]

/** No job on what the last one was trained on. */
const fresh: Gate = ({ facts, trained, leastNew }) => [
  atLeast('new', facts.records - (trained?.records ?? 0), leastNew),
]

/** Every gate, in the order in which results are recorded. */
const gates: readonly Gate[] = [trainer, attributeSet, records, fresh, validation, coverage, stability]

/** What every gate says: a job is asked for when all hold. */
export const judgeAll = (asked: Asked): readonly GateResult[] => gates.flatMap(gate => gate(asked))
