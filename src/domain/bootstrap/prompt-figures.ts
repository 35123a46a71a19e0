import type { AnswerFigures } from './answer-columns.js'

/** What a prompt's answers came to: compared with the same prompt's of another round. */
export interface PromptFigures {
  /** Means over the answers; NaN where no answer has the figure. */
  readonly goodness: number
  /** Of the scored answers, how the logarithms of their lengths and their goodness vary together. */
  readonly byLength: ByLength
  /** Logarithm of the mean characters: differences of it are ratios of lengths. */
  readonly logChars: number
  readonly uniqueWords: number
  /** 1 where an answer was accepted, else 0. */
  readonly accepted: number
}

/** Sums over the scored answers of a prompt, around their means. */
export interface ByLength {
  /** Mean logarithm of characters; NaN where nothing is scored. */
  readonly mean: number
  readonly squares: number
  /** Of logarithm and goodness. */
  readonly products: number
}

/** Figures by `prompt_id`, of the prompts on which the gate has spoken. */
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
    // Nothing repeats itself in an answer without words.
    uniqueWords: meanOf(answers.flatMap(({ chars, unique_words }) => (chars === 0 ? [] : [unique_words]))),
    accepted: answers.some(({ kept }) => kept === 'accepted') ? 1 : 0,
  }
}
