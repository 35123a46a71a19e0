import type { PromptTokens } from './prompt-tokens.js'
import type { PromptTurn } from './prompt.js'

/** A request for an answer: the conversation so far, and the attributes that the answer should have. */
export interface AnswerRequest {
  readonly system: string
  /** The turns so far. The model sees the labels of earlier answers, as in training. */
  readonly turns: readonly PromptTurn[]
  /** The requested attribute line. */
  readonly label: string
  /** The speaker of the answer; `Assistant` if absent. */
  readonly speaker?: string
}

/** Lays out a turn as VALUE_TO_TEXT training does: the label before the text. */
const steered = ({ from, value, label }: PromptTurn, tokens: PromptTokens): string =>
  `${tokens.turn}${from}\n${label == null ? '' : `${tokens.label}${label}\n`}${value}\n`

/**
 * The prompt that a SteerLM model continues with an answer: the conversation as it is laid out in training
 * (docs/reference/loss-masks.md#prompt-template), then the turn of the answer up to its attribute line. A training text
 * with the same conversation and attribute line begins with this prompt, character for character. The tutorial's
 * get_answer has other line ends (docs/reference/original-scripts.md#asking-the-steerlm-model).
 */
export function answerPrompt(
  { system, turns, label, speaker = 'Assistant' }: AnswerRequest,
  tokens: PromptTokens,
): string {
  const before = turns.map(turn => steered(turn, tokens)).join('')
  return `${tokens.system}System\n${system}\n${before}${tokens.turn}${speaker}\n${tokens.label}${label}\n`.toWellFormed()
}

/** The texts that end an answer: the next turn, which a SteerLM model is trained to begin, or the end of the text. */
export const answerEnds = (tokens: PromptTokens): readonly string[] => [tokens.turn, '<|endoftext|>']

/** An answer, and how its generation ended. */
export interface AnswerText {
  readonly text: string
  /** `stop`: by itself; `length`: at the token limit; null: the server does not say. */
  readonly finish: 'stop' | 'length' | null
}

/**
 * Reads the answer from a continuation: up to the first end, without the line end that training puts after every text.
 * @param finish how generation ended, by the server; an end that is still in the text means that it ended by itself
 */
export function readAnswerText(continuation: string, finish: AnswerText['finish'], tokens: PromptTokens): AnswerText {
  const found = answerEnds(tokens)
    .map(end => continuation.indexOf(end))
    .filter(index => index >= 0)
  const text = found.length === 0 ? continuation : continuation.slice(0, Math.min(...found))
  // A tokenizer may put a space before one of its own tokens.
  return { text: text.replace(found.length > 0 ? /\n ?$/ : /\n$/, ''), finish: found.length > 0 ? 'stop' : finish }
}

/**
 * The continuation within a server's sentence, which is prompt and continuation as the server's tokenizer decodes them.
 * Spaces and control characters of the prompt may have changed, so it cannot be cut by length (the tutorial's get_answer
 * does). Instead, searches for the attribute line that ends the prompt, as many times as the prompt contains it. Null if
 * the sentence does not contain it.
 */
export function continuationOf(sentence: string, prompt: string, label: string): string | null {
  if (sentence.startsWith(prompt)) return sentence.slice(prompt.length)
  const anchor = `${label}\n`
  let at = 0
  for (let left = prompt.split(anchor).length - 1; left > 0; left--) {
    const found = sentence.indexOf(anchor, at)
    if (found < 0) return null
    at = found + anchor.length
  }
  return sentence.slice(at)
}
