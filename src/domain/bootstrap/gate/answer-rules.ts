import { type AttributeSet, labelKeys } from '../../attributes.js'
import { parseLabel } from '../../label-line.js'
import type { ScoredCandidate } from '../candidates.js'
import type { GateRules } from '../gate-rules.js'

/** What is known of an answer when the rules that look at it alone are asked. */
export interface AnswerFacts {
  readonly answer: ScoredCandidate
  /** Characters of the prompt's answer in the training data; null where there is none. */
  readonly referenceChars: number | null
  /** Share of different words among its first 100. */
  readonly uniqueWords: number
  /** Likeness to the nearest text of the training data, where that is a near-duplicate. */
  readonly nearTraining: number | null
  readonly set: AttributeSet
  readonly rules: GateRules
  /** Control strings of prompt templates. */
  readonly controlTokens: readonly string[]
}

/** What a rule saw of an answer, and whether it holds. */
export interface Seen {
  readonly rule: string
  readonly value: number | string | null
  readonly held: boolean
}

type Rule = (facts: AnswerFacts) => readonly Seen[]

/** It ended by itself. A server that does not say is believed. */
const stopped: Rule = ({ answer: { finish } }) => [{ rule: 'stopped', value: finish, held: finish !== 'length' }]

const notEmpty: Rule = ({ answer: { text }, rules }) => [
  { rule: 'length', value: text.trim().length, held: text.trim().length >= Math.max(1, rules.minChars) },
]

/** It holds none of the strings by which the prompt template separates its parts. */
const controlToken: Rule = ({ answer: { text }, controlTokens }) => {
  const found = controlTokens.find(token => text.includes(token)) ?? null
  return [{ rule: 'control token', value: found, held: found === null }]
}

const leakOf = new WeakMap<AttributeSet, RegExp>()

/** A key of the attribute set with a value behind it. Made once a set: making it costs more than all other rules. */
function leak(set: AttributeSet): RegExp {
  const known = leakOf.get(set) ?? new RegExp(`(?<!\\w)(?:${set.attributes.map(({ key }) => key).join('|')}):\\d`)
  leakOf.set(set, known)
  return known
}

/**
 * It does not go on with an attribute line, as SteerLM models do
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

/** The best quality and the least helpfulness contradict each other: such a label is a mistake of its reader. */
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

/** Raw scores of attributes that must be so low; half a point is added, since a score is rounded to its label. */
const ceilings: Rule = ({ answer: { predicted }, rules, set }) =>
  rules.mode !== 'gate'
    ? []
    : bounds(rules.ceiling, set).map(([key, most]) => {
        const value = predicted?.scores[key] ?? null
        return { rule: `ceiling of ${key}`, value, held: value !== null && value < most + 0.5 }
      })

/** Raw scores of attributes that must be so high. Best-of-n asks for none: it ranks. */
const floors: Rule = ({ answer: { predicted }, rules, set }) =>
  rules.mode === 'best-of-n'
    ? []
    : bounds(rules.floor, set).map(([key, least]) => {
        const value = predicted?.scores[key] ?? null
        return { rule: `floor of ${key}`, value, held: value !== null && value >= least }
      })

/** Bounds of attributes that the set has. */
const bounds = (of: Readonly<Record<string, number>>, set: AttributeSet): readonly (readonly [string, number])[] =>
  Object.entries(of).filter(([key]) => set.attributes.some(one => one.key === key))

export const rounded = (value: number): number => Math.round(value * 1e4) / 1e4

/** The rules that look at one answer alone, in the order in which they are recorded. */
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

/** What every rule that looks at an answer alone says of it. */
export const judgeAnswer = (facts: AnswerFacts): readonly Seen[] => rules.flatMap(rule => rule(facts))

/** Whether a rule is one that an answer may be against and yet be kept, as a labelled negative. */
export const isFloor = (rule: string): boolean => rule.startsWith('floor of ')
