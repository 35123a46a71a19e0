import {
  answerEnds,
  answerPrompt,
  type AnswerRequest,
  type AnswerText,
  continuationOf,
  readAnswerText,
} from '../../domain/answer-prompt.js'
import { SteerflowError } from '../../domain/errors.js'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { type Sampling } from '../../domain/sampling.js'
import { type Attempt } from './pool/attempt.js'
import { type Pool } from './pool/pool.js'
import { type Answer, type Generation, type TokenCounts } from './protocols/protocol.js'
import { withoutCutEnd } from './read-answer.js'

/** How an answer is drawn. */
export interface Drawing {
  readonly sampling: Sampling
  /** Most tokens of the answer. */
  readonly maxTokens: number
}

/** An answer of a SteerLM model. */
export interface Answered extends AnswerText {
  /** The prompt that was continued. */
  readonly prompt: string
  /** Null where the server does not count them. */
  readonly tokens: TokenCounts | null
}

/**
 * An answer to a conversation with the attributes asked for.
 * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or the
 * signal's reason.
 */
export function answer(
  pool: Pool,
  model: string,
  request: AnswerRequest,
  { sampling, maxTokens }: Drawing,
  tokens: PromptTokens,
  signal: AbortSignal,
): Promise<Answered> {
  const prompt = answerPrompt(request, tokens)
  const generation: Generation = {
    prompt,
    maxTokens,
    endStrings: answerEnds(tokens),
    line: null,
    sampling,
    turn: { system: request.system, turns: [] },
  }
  const attempt: Attempt<Answered> = {
    generation,
    accept: given => ({ value: read(given, generation, request.label, tokens), proof: true }),
  }
  return pool.ask({ model, characters: prompt.length, signal, attempt: () => attempt })
}

function read(given: Answer, { prompt, endStrings }: Generation, label: string, tokens: PromptTokens): Answered {
  switch (given.kind) {
    case 'continuation': {
      const text = given.finish === 'length' ? withoutCutEnd(given.text, endStrings) : given.text
      return { ...readAnswerText(text, given.finish, tokens), prompt, tokens: given.tokens }
    }
    case 'sentence': {
      const continuation = continuationOf(given.sentence, prompt, label)
      if (continuation === null) {
        throw new SteerflowError(
          'STEERFLOW_INFERENCE_ANSWER',
          'the reply does not hold the attribute line of its prompt',
        )
      }
      return { ...readAnswerText(continuation, null, tokens), prompt, tokens: given.tokens }
    }
    case 'scores':
      throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', 'scores came where an answer was asked for')
  }
}
