import { type AnswerFigures } from './answer-columns.js'

/** What a prompt's answers came to: compared with the same prompt's of another round. */
export interface PromptFigures {
  /** Means over the answers; NaN where no answer has the figure. */
  readonly goodness: number
  /** Logarithm of the mean characters: differences of it are ratios of lengths. */
  readonly logChars: number
  readonly uniqueWords: number
  /** 1 where an answer was accepted, else 0. */
  readonly accepted: number
}

/** Figures by `prompt_id`, of the prompts on which the gate has spoken. */
export type FiguresByPrompt = ReadonlyMap<string, PromptFigures>

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export function figuresOf(answers: readonly AnswerFigures[]): PromptFigures {
  return {
    goodness: meanOf(answers.flatMap(({ goodness }) => (goodness === null ? [] : [goodness]))),
    logChars: Math.log(Math.max(1, meanOf(answers.map(({ chars }) => chars)))),
    // Nothing repeats itself in an answer without words.
    uniqueWords: meanOf(answers.flatMap(({ chars, unique_words }) => (chars === 0 ? [] : [unique_words]))),
    accepted: answers.some(({ kept }) => kept === 'accepted') ? 1 : 0,
  }
}
