import { parseLabel } from '../label-line.js'
import { Spreading } from '../statistics/spreading.js'
import type { RoundSummary } from './summary.js'
import { spearman } from '../statistics/rank-correlation.js'
import type { AnswerFigures } from './answer-columns.js'

class Attribute {
  readonly asked = new Spreading()
  readonly predicted = new Spreading()
  readonly distance = new Spreading()
  readonly values = new Map<number, number>()
}

/** Requested and predicted attributes, from the attribute lines of scored answers. */
export class AttributeFigures {
  readonly #attributes = new Map<string, Attribute>()
  readonly #parsed = new Map<string, Readonly<Record<string, number>>>()

  /** Adds an answer: the requested line, null if unknown, and the predicted one. */
  add(asked: string | null, predicted: string): void {
    const [wishes, seen] = [asked === null ? {} : this.#scores(asked), this.#scores(predicted)]
    for (const [key, wish] of Object.entries(wishes)) this.#of(key).asked.add(wish)
    for (const [key, value] of Object.entries(seen)) {
      const figures = this.#of(key)
      figures.predicted.add(value)
      figures.values.set(value, (figures.values.get(value) ?? 0) + 1)
      if (Object.hasOwn(wishes, key)) figures.distance.add(Math.abs(value - wishes[key]!))
    }
  }

  /** In the order in which attributes were first seen, which is that of the lines. */
  summary(): RoundSummary['attributes'] {
    const rows = [...this.#attributes].map(([key, { asked, predicted, distance, values }]) => {
      const sorted = [...values].sort(([a], [b]) => a - b).map(([value, count]) => [String(value), count] as const)
      const figures = { asked: asked.spread(), predicted: predicted.spread(), distance: distance.spread().mean }
      return [key, { ...figures, values: Object.fromEntries(sorted) }] as const
    })
    return Object.fromEntries(rows)
  }

  #of(key: string): Attribute {
    const known = this.#attributes.get(key) ?? new Attribute()
    this.#attributes.set(key, known)
    return known
  }

  /** Scores of a line; none if it is not an attribute line. */
  #scores(line: string): Readonly<Record<string, number>> {
    const known = this.#parsed.get(line)
    if (known) return known
    let scores = {}
    try {
      scores = parseLabel(line).scores
    } catch {
      // The gate has refused the answer because of it; here it has no attributes.
    }
    this.#parsed.set(line, scores)
    return scores
  }
}

/** Rules of the gate that find an answer, or much of it, in another text. */
const duplicate = /^near |duplicate/

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/** Sums over the answers of a round. */
export class AnswerTotals {
  readonly #attributes = new AttributeFigures()
  readonly #goodness = new Spreading()
  readonly #chars = new Spreading()
  readonly #ratio = new Spreading()
  readonly #uniqueWords = new Spreading()
  readonly #kept = new Map<string, number>()
  readonly #against = new Map<string, number>()
  readonly #finish = new Map<string, number>()
  readonly #scored: { readonly goodness: number[]; readonly chars: number[] } = { goodness: [], chars: [] }
  #duplicates = 0

  /** Adds an answer, with the requested attribute line and the length of the prompt's answer in the training data. */
  add(answer: AnswerFigures, asked: string | null, referenceChars: number | null): void {
    count(this.#kept, answer.kept)
    count(this.#finish, answer.finish ?? 'unknown')
    for (const rule of answer.against) count(this.#against, rule)
    if (answer.against.some(rule => duplicate.test(rule))) this.#duplicates++
    if (answer.label !== null) this.#attributes.add(asked, answer.label)
    this.#chars.add(answer.chars)
    if (referenceChars) this.#ratio.add(answer.chars / referenceChars)
    // An answer without words does not repeat itself.
    if (answer.chars > 0) this.#uniqueWords.add(answer.unique_words)
    if (answer.goodness === null) return
    this.#goodness.add(answer.goodness)
    this.#scored.goodness.push(answer.goodness)
    this.#scored.chars.push(answer.chars)
  }

  summary(): Omit<RoundSummary, 'prompts' | 'acceptance' | 'answers' | 'against_before'> & {
    readonly answers: Pick<RoundSummary['answers'], 'sampled' | 'accepted' | 'negatives'>
  } {
    return {
      answers: {
        sampled: this.#chars.spread().count,
        accepted: this.#kept.get('accepted') ?? 0,
        negatives: this.#kept.get('negative') ?? 0,
      },
      against: Object.fromEntries(this.#against),
      finish: Object.fromEntries(this.#finish),
      attributes: this.#attributes.summary(),
      goodness: this.#goodness.spread(),
      chars: this.#chars.spread(),
      length_ratio: this.#ratio.spread(),
      unique_words: this.#uniqueWords.spread(),
      near_duplicates: this.#duplicates,
      length_correlation: spearman(this.#scored.goodness, this.#scored.chars),
    }
  }
}
