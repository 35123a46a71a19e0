import type { AttributeSet } from '../../attributes.js'
import { fingerprint } from '../../near-duplicates/fingerprint.js'
import { jaccard, type Shingles, shingles } from '../../near-duplicates/shingles.js'
import type { ScoredCandidate, ScoredSample } from '../candidates.js'
import type { GateRules } from '../gate-rules.js'
import type { AnswerOutcome } from '../outcome.js'
import { isFloor, judgeAnswer, rounded, type Seen } from './answer-rules.js'

/** The share of different words among a text's first 100, from 0 to 1, comparable across lengths. 1 without words. */
export function uniqueWords(text: string): number {
  const words =
    text
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu)
      ?.slice(0, 100) ?? []
  return words.length === 0 ? 1 : Math.round((new Set(words).size / words.length) * 1e4) / 1e4
}

/** The input of the gate beside the answers. */
export interface GateContext {
  readonly set: AttributeSet
  readonly rules: GateRules
  readonly controlTokens: readonly string[]
  /** Similarity of each candidate to its nearest text of the training data if that is a near-duplicate; by index. */
  readonly nearTraining: ReadonlyMap<number, number>
}

/** An answer on its way through the gate. */
interface Judged {
  readonly answer: ScoredCandidate
  readonly unique: number
  readonly goodness: number | null
  readonly seen: Seen[]
}

/** The weighted sum by which answers are ranked; null if nothing was predicted. */
export function goodnessOf(predicted: ScoredCandidate['predicted'], { goodness }: GateRules): number | null {
  if (predicted === null) return null
  const known = Object.entries(goodness).filter(([key]) => Object.hasOwn(predicted.scores, key))
  if (known.length === 0) return null
  return rounded(known.reduce((sum, [key, weight]) => sum + weight * predicted.scores[key]!, 0))
}

/** Best first; equals in the order of sampling. */
const byGoodness = (a: Judged, b: Judged): number =>
  (b.goodness ?? -Infinity) - (a.goodness ?? -Infinity) || a.answer.index - b.answer.index

const heldAll = ({ seen }: Judged): boolean => seen.every(({ held }) => held)

/**
 * Decides about each answer of a prompt (docs/bootstrap.md#the-gate); the result is in the order of the samples. First come
 * the rules that examine an answer alone; then, best answer first, similarity to the prompt's answer and to better answers;
 * then rank. Of the answers that only break a floor the worst are kept as negatives, to be learnt with their own labels.
 */
export function gateAnswers(sample: ScoredSample, context: GateContext): readonly AnswerOutcome[] {
  const { rules } = context
  const judged = sample.candidates.map(answer => judgedAlone(answer, sample.reference, context))
  const ranked = judged.toSorted(byGoodness)
  judgeLikeness(ranked, sample.reference, rules.similarity)
  let accepted = 0
  for (const one of ranked) {
    if (!heldAll(one)) continue
    accepted++
    one.seen.push({ rule: 'rank', value: accepted, held: accepted <= rules.keep })
  }
  const negatives = new Set(
    ranked
      .filter(({ seen }) => seen.some(({ held }) => !held) && seen.every(({ rule, held }) => held || isFloor(rule)))
      .slice(-rules.negatives || ranked.length)
      .map(({ answer }) => answer.index),
  )
  return judged.map(one => outcomeOf(one, negatives))
}

function judgedAlone(answer: ScoredCandidate, reference: string | null, known: GateContext): Judged {
  const { nearTraining, ...context } = known
  const unique = uniqueWords(answer.text)
  const seen = judgeAnswer({
    answer,
    referenceChars: reference?.length ?? null,
    uniqueWords: unique,
    nearTraining: nearTraining.get(answer.index) ?? null,
    ...context,
  })
  return { answer, unique, goodness: goodnessOf(answer.predicted, context.rules), seen: [...seen] }
}

/** Compares with the prompt's answer, and with the better answers that have passed so far. */
function judgeLikeness(ranked: readonly Judged[], reference: string | null, similarity: number): void {
  const known = reference === null ? null : shingles(reference)
  const exact = new Map<string, number>()
  const kept: Shingles[] = []
  for (const one of ranked) {
    const { text, index } = one.answer
    const print = fingerprint(text)
    const twin = exact.get(print)
    one.seen.push({ rule: 'exact duplicate', value: twin ?? null, held: twin === undefined })
    if (twin === undefined) exact.set(print, index)
    const own = shingles(text)
    if (known !== null) {
      const value = rounded(jaccard(own, known))
      one.seen.push({ rule: "near the prompt's answer", value, held: value < similarity })
    }
    const value = rounded(kept.reduce((most, other) => Math.max(most, jaccard(own, other)), 0))
    one.seen.push({ rule: 'near another answer', value, held: value < similarity })
    if (one.seen.every(({ rule, held }) => held || isFloor(rule))) kept.push(own)
  }
}

function outcomeOf({ answer, unique, goodness, seen }: Judged, negatives: ReadonlySet<number>): AnswerOutcome {
  const against = seen.filter(({ held }) => !held).map(({ rule }) => rule)
  return {
    index: answer.index,
    kept: against.length === 0 ? 'accepted' : negatives.has(answer.index) ? 'negative' : 'no',
    against,
    values: Object.fromEntries(seen.map(({ rule, value }) => [rule, value])),
    label: answer.predicted?.label ?? null,
    goodness,
    chars: answer.text.length,
    unique_words: unique,
    finish: answer.finish,
  }
}
