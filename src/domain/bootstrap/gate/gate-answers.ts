import type { AttributeSet } from '../../attributes.js'
import { fingerprint } from '../../near-duplicates/fingerprint.js'
import { jaccard, type Shingles, shingles } from '../../near-duplicates/shingles.js'
import type { ScoredCandidate, ScoredSample } from '../candidates.js'
import type { GateRules } from '../gate-rules.js'
import type { AnswerOutcome } from '../outcome.js'
import { isFloor, judgeAnswer, rounded, type Seen } from './answer-rules.js'

/** The share of different words among the first 100 of a text, from 0 to 1: of short and long texts alike. 1 of no words. */
export function uniqueWords(text: string): number {
  const words =
    text
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu)
      ?.slice(0, 100) ?? []
  return words.length === 0 ? 1 : Math.round((new Set(words).size / words.length) * 1e4) / 1e4
}

/** What the gate knows beside the answers. */
export interface GateContext {
  readonly set: AttributeSet
  readonly rules: GateRules
  readonly controlTokens: readonly string[]
  /** Likeness of each candidate to its nearest text of the training data, where that is a near-duplicate; by index. */
  readonly nearTraining: ReadonlyMap<number, number>
}

/** An answer on its way through the gate. */
interface Judged {
  readonly answer: ScoredCandidate
  readonly unique: number
  readonly goodness: number | null
  readonly seen: Seen[]
}

/** The weighted sum by which answers are ranked; null where nothing was predicted. */
export function goodnessOf(predicted: ScoredCandidate['predicted'], { goodness }: GateRules): number | null {
  if (predicted === null) return null
  const known = Object.entries(goodness).filter(([key]) => Object.hasOwn(predicted.scores, key))
  if (known.length === 0) return null
  return rounded(known.reduce((sum, [key, weight]) => sum + weight * predicted.scores[key]!, 0))
}

/** Best first; of equals the one that was sampled first. */
const byGoodness = (a: Judged, b: Judged): number =>
  (b.goodness ?? -Infinity) - (a.goodness ?? -Infinity) || a.answer.index - b.answer.index

const heldAll = ({ seen }: Judged): boolean => seen.every(({ held }) => held)

/**
 * What becomes of each answer of a prompt (docs/bootstrap.md#the-gate), in the order of the samples: first the rules
 * that look at an answer alone, then, best first, likeness to the prompt's answer and to better answers, then rank. Of
 * the answers that are only below the floor some are kept as negatives, the worst first, to learn from with the label
 * that they have.
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

/** Compares with the prompt's answer, and with answers that have done well so far. */
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
