import { spearman } from '../statistics/rank-correlation.js'
import { Spreading } from '../statistics/spreading.js'
import { type AnswerFigures } from './answer-columns.js'
import { AttributeFigures } from './attribute-figures.js'
import { type RoundSummary } from './summary.js'

/** Rules of the gate that find an answer, or much of it, somewhere else. */
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

  /** Adds an answer of a prompt for which `asked` was asked, and whose answer in the training data is that long. */
  add(answer: AnswerFigures, asked: string | null, referenceChars: number | null): void {
    count(this.#kept, answer.kept)
    count(this.#finish, answer.finish ?? 'unknown')
    for (const rule of answer.against) count(this.#against, rule)
    if (answer.against.some(rule => duplicate.test(rule))) this.#duplicates++
    if (answer.label !== null) this.#attributes.add(asked, answer.label)
    this.#chars.add(answer.chars)
    if (referenceChars) this.#ratio.add(answer.chars / referenceChars)
    // Nothing repeats itself in an answer without words.
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
