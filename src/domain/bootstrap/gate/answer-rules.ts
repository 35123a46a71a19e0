import { type AttributeSet, labelKeys } from '../../attributes.js'
import { parseLabel } from '../../label-line.js'
import type { ScoredCandidate } from '../candidates.js'
import type { GateRules } from '../gate-rules.js'

/** The input of the rules that examine an answer alone. */
export interface AnswerFacts {
  readonly answer: ScoredCandidate
  /** Characters of the prompt's answer in the training data; null if there is none. */
  readonly referenceChars: number | null
  /** Share of different words among its first 100. */
  readonly uniqueWords: number
  /** Similarity to the nearest text of the training data if that is a near-duplicate; otherwise null. */
  readonly nearTraining: number | null
  readonly set: AttributeSet
  readonly rules: GateRules
  /** Control strings of prompt templates. */
  readonly controlTokens: readonly string[]
}

/** The value that a rule saw, and whether the rule holds. */
export interface Seen {
  readonly rule: string
  readonly value: number | string | null
  readonly held: boolean
}

type Rule = (facts: AnswerFacts) => readonly Seen[]

/** It ended by itself; assumed if the server does not say. */
const stopped: Rule = ({ answer: { finish } }) => [{ rule: 'stopped', value: finish, held: finish !== 'length' }]

const notEmpty: Rule = ({ answer: { text }, rules }) => [
  { rule: 'length', value: text.trim().length, held: text.trim().length >= Math.max(1, rules.minChars) },
]

/** It contains none of the control strings that separate the parts of the prompt template. */
const controlToken: Rule = ({ answer: { text }, controlTokens }) => {
  const found = controlTokens.find(token => text.includes(token)) ?? null
  return [{ rule: 'control token', value: found, held: found === null }]
}

const leakOf = new WeakMap<AttributeSet, RegExp>()

/** Matches a key of the attribute set with a value after it. Cached by set: building it costs more than all other rules. */
function leak(set: AttributeSet): RegExp {
  const known = leakOf.get(set) ?? new RegExp(`(?<!\\w)(?:${set.attributes.map(({ key }) => key).join('|')}):\\d`)
  leakOf.set(set, known)
  return known
}

/**
 * It does not continue with an attribute line, as SteerLM models do
 * (docs/reference/original-scripts.md#asking-the-steerlm-model).
 */
const leakedLabel: Rule = ({ answer: { text }, set }) => {
  const found = leak(set).exec(text)?.[0] ?? null
  return [{ rule: 'leaked label', value: found, held: found === null }]
}

/** Its label has every key of the attribute set once, in order, with values on their scales. */
const labelComplete: Rule = ({ answer: { predicted }, set }) => [
  {
    rule: 'label complete',
    value: predicted?.label ?? null,
    held: predicted !== null && isComplete(predicted.label, set),
  },
]

function isComplete(line: string, set: AttributeSet): boolean {
  const keys = line.split(',').map(item => item.slice(0, item.indexOf(':')))
  const wanted = labelKeys(set)
  if (keys.length !== wanted.length && keys.length !== set.attributes.length) return false
  if (!keys.every((key, at) => key === wanted[at])) return false
  try {
    const { scores } = parseLabel(line)
    return set.attributes.every(({ key, min, max }) => scores[key]! >= min && scores[key]! <= max)
  } catch {
    return false
  }
}

/** The best quality and the least helpfulness contradict each other: such a label is an error of the value model. */
const consistent: Rule = ({ answer: { predicted }, set }) => {
  const [quality, helpfulness] = ['quality', 'helpfulness'].map(key => set.attributes.find(one => one.key === key))
  const [good, helps] = [predicted?.scores.quality, predicted?.scores.helpfulness]
  if (!quality || !helpfulness || good === undefined || helps === undefined) return []
  const contradicts = Math.round(good) >= quality.max && Math.round(helps) <= helpfulness.min + 1
  return [{ rule: 'consistent', value: `quality ${good}, helpfulness ${helps}`, held: !contradicts }]
}

const lengthRatio: Rule = ({ answer: { text }, referenceChars, rules }) => {
  if (referenceChars === null || referenceChars === 0) return []
  const value = rounded(text.length / referenceChars)
  return [{ rule: 'length ratio', value, held: rules.maxLengthRatio === null || value <= rules.maxLengthRatio }]
}

const uniqueWords: Rule = ({ uniqueWords: value, rules }) => [
  { rule: 'unique words', value, held: value >= rules.minUniqueWords },
]

const nearTraining: Rule = ({ nearTraining: value }) => [
  { rule: 'near the training data', value: value === null ? null : rounded(value), held: value === null },
]

/** Upper limits on raw scores; half a point is added, since a score is rounded to its label. */
const ceilings: Rule = ({ answer: { predicted }, rules, set }) =>
  rules.mode !== 'gate'
    ? []
    : bounds(rules.ceiling, set).map(([key, most]) => {
        const value = predicted?.scores[key] ?? null
        return { rule: `ceiling of ${key}`, value, held: value !== null && value < most + 0.5 }
      })

/** Lower limits on raw scores. Best-of-n has none: it ranks. */
const floors: Rule = ({ answer: { predicted }, rules, set }) =>
  rules.mode === 'best-of-n'
    ? []
    : bounds(rules.floor, set).map(([key, least]) => {
        const value = predicted?.scores[key] ?? null
        return { rule: `floor of ${key}`, value, held: value !== null && value >= least }
      })

/** The limits of those attributes that the set has. */
const bounds = (of: Readonly<Record<string, number>>, set: AttributeSet): readonly (readonly [string, number])[] =>
  Object.entries(of).filter(([key]) => set.attributes.some(one => one.key === key))

export const rounded = (value: number): number => Math.round(value * 1e4) / 1e4

/** The rules that examine one answer alone, in the order in which they are recorded. */
const rules: readonly Rule[] = [
  stopped,
  notEmpty,
  controlToken,
  leakedLabel,
  labelComplete,
  consistent,
  lengthRatio,
  uniqueWords,
  nearTraining,
  ceilings,
  floors,
]

/** The results of the rules that examine an answer alone. */
export const judgeAnswer = (facts: AnswerFacts): readonly Seen[] => rules.flatMap(rule => rule(facts))

/** Whether an answer that breaks this rule may still be kept, as a labelled negative. */
export const isFloor = (rule: string): boolean => rule.startsWith('floor of ')
