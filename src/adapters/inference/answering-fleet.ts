import {
  answerEnds,
  answerPrompt,
  type AnswerRequest,
  type AnswerText,
  continuationOf,
  readAnswerText,
} from '../../domain/answer-prompt.js'
import { SteerflowError } from '../../domain/errors.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { Sampling } from '../../domain/sampling.js'
import type { Attempt } from './pool/attempt.js'
import { type Pool, type Servers, serversOf } from './pool/pool.js'
import type { Answer, Generation, TokenCounts } from './protocols/protocol.js'
import { withoutCutEnd } from './score-turn.js'
import { setMaxListeners } from 'node:events'
import { openPool, type PoolSettings } from './open-pool.js'
import type { EndpointStats } from './pool/stats.js'
import type { EndpointAddress } from './pool/endpoint.js'

/** Sampling settings of an answer. */
export interface Drawing {
  readonly sampling: Sampling
  readonly maxTokens: number
}

export interface Answered extends AnswerText {
  /** The prompt that the answer continues. */
  readonly prompt: string
  /** Null if the server does not count them. */
  readonly tokens: TokenCounts | null
}

/** The only question of this fleet. */
const question = 'answer'

/**
 * Asks for an answer to a conversation with the requested attributes.
 * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or
 *   the signal's reason.
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
    accept: given => ({ value: read(given, generation, request.label, tokens), proves: [question] }),
  }
  return pool.ask({ model, question, characters: prompt.length, signal, attempt: () => attempt })
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
          'the reply does not contain the attribute line of its prompt',
        )
      }
      return { ...readAnswerText(continuation, null, tokens), prompt, tokens: given.tokens }
    }
    case 'scores':
      throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', 'the server returned scores instead of an answer')
  }
}

export interface AnsweringOptions extends PoolSettings {
  readonly endpoints: readonly EndpointAddress[]
  readonly tokens: PromptTokens
}

/** Servers of SteerLM models behind one interface. */
export interface AnsweringFleet extends Servers {
  /**
   * Asks the model of that digest, at endpoints that serve it or that declare no model.
   * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or
   *   the signal's reason.
   */
  answer(model: string, request: AnswerRequest, drawing: Drawing, signal: AbortSignal): Promise<Answered>
  stats(): readonly EndpointStats[]
}

/** @throws STEERFLOW_CONFIG_INVALID if servers of this protocol only score. */
function mustWrite({ protocol }: EndpointAddress): void {
  if (protocol?.gives !== 'scores') return
  const message = `${protocol.name} gives scores only: it cannot answer; use nemo-generate or an openai protocol`
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
}

/**
 * Opens a fleet of answering servers. It connects at the first question; endpoints may come and go.
 * @throws STEERFLOW_CONFIG_INVALID if an endpoint cannot answer.
 */
export function openAnsweringFleet({ endpoints, tokens, ...settings }: AnsweringOptions): AnsweringFleet {
  const pool = openPool(settings, false)
  return {
    ...serversOf(pool, endpoints, mustWrite),
    answer: (model, request, drawing, signal) => {
      // Many concurrent calls listen to one signal.
      setMaxListeners(0, signal)
      return answer(pool, model, request, drawing, tokens, signal)
    },
    stats: () => pool.endpoints.map(endpoint => endpoint.stats()),
  }
}
