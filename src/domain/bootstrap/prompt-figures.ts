import type { AnswerFigures } from './answer-columns.js'

/** The figures of a prompt's answers, for comparison with the same prompt in another round. */
export interface PromptFigures {
  /** Means over the answers; NaN if no answer has the figure. */
  readonly goodness: number
  /** How the logarithms of the lengths and the goodness of the scored answers vary together. */
  readonly byLength: ByLength
  /** Logarithm of the mean number of characters: differences of it are ratios of lengths. */
  readonly logChars: number
  readonly uniqueWords: number
  /** 1 if an answer was accepted, otherwise 0. */
  readonly accepted: number
}

/** Sums over the scored answers of a prompt, around their means. */
export interface ByLength {
  /** Mean logarithm of characters; NaN if no answer is scored. */
  readonly mean: number
  readonly squares: number
  /** Products of logarithm and goodness. */
  readonly products: number
}

/** Figures by `prompt_id`, of the prompts that the gate has decided on. */
export type FiguresByPrompt = ReadonlyMap<string, PromptFigures>

const logOf = (chars: number): number => Math.log(Math.max(1, chars))

function byLength(answers: readonly AnswerFigures[], goodness: number): ByLength {
  const scored = answers.filter(answer => answer.goodness !== null)
  const mean = meanOf(scored.map(({ chars }) => logOf(chars)))
  const sum = (of: (off: number, better: number) => number): number =>
    scored.reduce((total, answer) => total + of(logOf(answer.chars) - mean, answer.goodness! - goodness), 0)
  return { mean, squares: sum(off => off * off), products: sum((off, better) => off * better) }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export function figuresOf(answers: readonly AnswerFigures[]): PromptFigures {
  const goodness = meanOf(answers.flatMap(({ goodness }) => (goodness === null ? [] : [goodness])))
  return {
    goodness,
    byLength: byLength(answers, goodness),
    logChars: logOf(meanOf(answers.map(({ chars }) => chars))),
    // An answer without words does not repeat itself.
    uniqueWords: meanOf(answers.flatMap(({ chars, unique_words }) => (chars === 0 ? [] : [unique_words]))),
    accepted: answers.some(({ kept }) => kept === 'accepted') ? 1 : 0,
  }
}
