import type { AttributeSet } from '../../../domain/attributes.js'
import type { Sampling } from '../../../domain/sampling.js'
import type { TurnToScore } from '../../../stages/needs.js'

/** What to ask about one prompt: its greedy continuation, an answer drawn from it, or the scores of its last turn. */
export interface Generation {
  readonly prompt: string
  /** Most tokens to generate; 0 where a turn is scored. */
  readonly maxTokens: number
  /** Generation stops behind any of these. */
  readonly endStrings: readonly string[]
  /** The set whose label line is wanted, from behind its first key to its end; null: any text. For guided decoding. */
  readonly line: AttributeSet | null
  /** How an answer is drawn, which may be empty; left out: a label is asked for, greedily. */
  readonly sampling?: Sampling
  /** What the prompt spells, for servers that take messages. */
  readonly turn: TurnToScore
}

/** Tokens of one prompt and of its continuation, as the server counts them. */
export interface TokenCounts {
  readonly prompt: number
  readonly completion: number
}

/** Raw scores by attribute key, before rounding. */
export type RawScores = Readonly<Record<string, number>>

/** What a server made of one prompt. */
export type Answer = {
  /** Null where the server does not say, or not for each prompt. */
  readonly tokens: TokenCounts | null
} & (
  | {
      /** The prompt, as the server's tokenizer decodes it, and its continuation. */
      readonly kind: 'sentence'
      readonly sentence: string
      /** From servers that give them beside the text. */
      readonly scores: RawScores | null
    }
  | {
      readonly kind: 'continuation'
      readonly text: string
      /** By itself, or at the limit of tokens. */
      readonly finish: 'stop' | 'length'
    }
  /** A score for each attribute of the set. */
  | { readonly kind: 'scores'; readonly scores: RawScores }
)

export interface HttpRequest {
  readonly method: 'PUT' | 'POST'
  /** Below the endpoint's URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/**
 * What an HTTP reply means for the request:
 * - `ok`: answered;
 * - `overloaded`: the server is there but takes nothing now; try elsewhere, and here after a while;
 * - `unavailable`: the server is not there, or is no such server; try elsewhere;
 * - `elsewhere`: this request failed here, perhaps through its own fault; try elsewhere, and count it;
 * - `poison`: the request is invalid and will be so everywhere.
 */
export type Verdict =
  | { readonly kind: 'ok'; readonly answers: readonly Answer[] }
  | { readonly kind: 'overloaded'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'unavailable' | 'elsewhere' | 'poison'; readonly reason: string }

/** One kind of inference server. Pure: the pool does the calls. */
export interface Protocol {
  readonly name: string
  /** What it is asked for: to continue a prompt (`sentence`, `continuation`), or to score its last turn (`scores`). */
  readonly gives: 'text' | 'scores'
  /** Most prompts in one request. */
  readonly maxBatch: number
  /** One request for several prompts with the same limits, at most `maxBatch`. */
  request(generations: readonly Generation[]): HttpRequest
  /** What the reply to a request for `count` prompts means; `answers`: whether texts are asked for, which may be empty. */
  classify(reply: HttpReply, count: number, answers?: boolean): Verdict
}
