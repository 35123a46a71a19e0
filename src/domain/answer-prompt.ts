import type { PromptTokens } from './prompt-tokens.js'
import type { PromptTurn } from './prompt.js'

/** What an answer is asked for: the conversation so far, and the attributes that the answer is to have. */
export interface AnswerRequest {
  readonly system: string
  /** The turns so far; labels of earlier answers are shown to the model as in training. */
  readonly turns: readonly PromptTurn[]
  /** The attribute line asked for. */
  readonly label: string
  /** Who answers (`Assistant`). */
  readonly speaker?: string
}

/** A label and a text as VALUE_TO_TEXT training lays them out: the label before the text. */
const steered = ({ from, value, label }: PromptTurn, tokens: PromptTokens): string =>
  `${tokens.turn}${from}\n${label == null ? '' : `${tokens.label}${label}\n`}${value}\n`

/**
 * What a SteerLM model continues with an answer: the conversation as it stands in training
 * (docs/reference/loss-masks.md#prompt-template), then the turn of the answer as far as its attribute line. A text of
 * training that begins with this conversation and this line begins with this prompt, character for character; the
 * tutorial's get_answer has other line ends (docs/reference/original-scripts.md#asking-the-steerlm-model).
 */
export function answerPrompt(
  { system, turns, label, speaker = 'Assistant' }: AnswerRequest,
  tokens: PromptTokens,
): string {
  const before = turns.map(turn => steered(turn, tokens)).join('')
  return `${tokens.system}System\n${system}\n${before}${tokens.turn}${speaker}\n${tokens.label}${label}\n`.toWellFormed()
}

/** What ends an answer: the next turn, which a SteerLM model is trained to begin, or the end of the text. */
export const answerEnds = (tokens: PromptTokens): readonly string[] => [tokens.turn, '<|endoftext|>']

/** An answer, and how its generation ended. */
export interface AnswerText {
  readonly text: string
  /** `stop`: by itself; `length`: at the limit of tokens; null: the server does not say. */
  readonly finish: 'stop' | 'length' | null
}

/**
 * The answer in a continuation: up to the first end, without the line end that training puts behind every text.
 * @param finish how the server says that it ended; an end that is still there says that it ended by itself
 */
export function readAnswerText(continuation: string, finish: AnswerText['finish'], tokens: PromptTokens): AnswerText {
  const found = answerEnds(tokens)
    .map(end => continuation.indexOf(end))
    .filter(index => index >= 0)
  const text = found.length === 0 ? continuation : continuation.slice(0, Math.min(...found))
  // A tokenizer may put a space before a token of its own.
  return { text: text.replace(found.length > 0 ? /\n ?$/ : /\n$/, ''), finish: found.length > 0 ? 'stop' : finish }
}

/**
 * The continuation within a server's sentence, which is prompt and continuation as its tokenizer decodes them: spaces and
 * control characters of the prompt may have changed, so that it cannot be cut by length (the tutorial's get_answer does).
 * The attribute line that ends the prompt is looked for, as often as it stands in the prompt. Null when it is not there.
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
