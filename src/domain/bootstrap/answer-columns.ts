import { Interned } from './interned.js'
import type { AnswerOutcome } from './outcome.js'

/** The figures of an answer that a summary needs. */
export type AnswerFigures = Omit<Readonly<AnswerOutcome>, 'index' | 'values' | 'against'> & {
  readonly against: readonly string[]
}

const kinds = ['accepted', 'negative', 'no'] as const
const finishes = ['stop', 'length', null] as const

/**
 * Answers in columns of numbers, about 32 bytes each: a round of 20,000 prompts with ten answers takes 6 MB. A missing
 * goodness is NaN. Labels and lists of rules are numbered, since few are distinct.
 */
export class AnswerColumns {
  #length = 0
  #goodness = new Float64Array(64)
  #uniqueWords = new Float64Array(64)
  #chars = new Uint32Array(64)
  #label = new Uint32Array(64)
  #against = new Uint32Array(64)
  #flags = new Uint8Array(64)
  readonly #labels = new Interned<string | null>()
  readonly #rules = new Interned<readonly string[]>()

  get length(): number {
    return this.#length
  }

  add(answer: AnswerOutcome): void {
    if (this.#length === this.#flags.length) this.#grow()
    const row = this.#length++
    this.#goodness[row] = answer.goodness ?? NaN
    this.#uniqueWords[row] = answer.unique_words
    this.#chars[row] = answer.chars
    this.#label[row] = this.#labels.number(answer.label ?? '', answer.label)
    this.#against[row] = this.#rules.number(answer.against.join('\n'), answer.against)
    this.#flags[row] = kinds.indexOf(answer.kept) + kinds.length * finishes.indexOf(answer.finish)
  }

  /** The answer in a row, from 0. */
  at(row: number): AnswerFigures {
    const [flags, goodness] = [this.#flags[row]!, this.#goodness[row]!]
    return {
      kept: kinds[flags % kinds.length]!,
      against: this.#rules.value(this.#against[row]!),
      label: this.#labels.value(this.#label[row]!),
      goodness: Number.isNaN(goodness) ? null : goodness,
      chars: this.#chars[row]!,
      unique_words: this.#uniqueWords[row]!,
      finish: finishes[Math.floor(flags / kinds.length)]!,
    }
  }

  #grow(): void {
    const longer = <T extends Float64Array | Uint32Array | Uint8Array>(column: T): T => {
      const made = new (column.constructor as new (length: number) => T)(column.length * 2)
      made.set(column)
      return made
    }
    this.#goodness = longer(this.#goodness)
    this.#uniqueWords = longer(this.#uniqueWords)
    this.#chars = longer(this.#chars)
    this.#label = longer(this.#label)
    this.#against = longer(this.#against)
    this.#flags = longer(this.#flags)
  }
}
