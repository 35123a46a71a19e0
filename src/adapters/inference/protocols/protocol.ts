import type { AttributeSet } from '../../../domain/attributes.js'
import type { Sampling } from '../../../domain/sampling.js'
import type { TurnToScore } from '../../../stages/needs.js'

/** A question about one prompt: its greedy continuation, a sampled answer, or the scores of its last turn. */
export interface Generation {
  readonly prompt: string
  /** Maximum tokens to generate; 0 to score a turn. */
  readonly maxTokens: number
  /** Generation stops after any of these. */
  readonly endStrings: readonly string[]
  /** The set whose label line is wanted, from after its first key to its end, for guided decoding; null: any text. */
  readonly line: AttributeSet | null
  /** Sampling of an answer, which may be empty; absent for a label, which is generated greedily. */
  readonly sampling?: Sampling
  /** The turns of the prompt, for servers that take messages. */
  readonly turn: TurnToScore
}

/** Tokens of one prompt and of its continuation, as the server counts them. */
export interface TokenCounts {
  readonly prompt: number
  readonly completion: number
}

/** Raw scores by attribute key, before rounding. */
export type RawScores = Readonly<Record<string, number>>

/** A server's answer to one prompt. */
export type Answer = {
  /** Null if the server does not report them, or not per prompt. */
  readonly tokens: TokenCounts | null
} & (
  | {
      /** The prompt, as the server's tokenizer decodes it, and its continuation. */
      readonly kind: 'sentence'
      readonly sentence: string
      /** From servers that return scores beside the text. */
      readonly scores: RawScores | null
    }
  | {
      readonly kind: 'continuation'
      readonly text: string
      /** Finished by itself, or at the token limit. */
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
 * The meaning of an HTTP reply for the request:
 * - `ok`: answered;
 * - `overloaded`: the server works but takes nothing now; try elsewhere, and here after a while;
 * - `unavailable`: the server is absent, or not a server of this kind; try elsewhere;
 * - `elsewhere`: this request failed here, perhaps through its own fault; try elsewhere, and count it;
 * - `poison`: the request is invalid on every server.
 */
export type Verdict =
  | { readonly kind: 'ok'; readonly answers: readonly Answer[] }
  | { readonly kind: 'overloaded'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'unavailable' | 'elsewhere' | 'poison'; readonly reason: string }

/** One kind of inference server. Pure: the pool makes the calls. */
export interface Protocol {
  readonly name: string
  /** Its use: to continue a prompt (`sentence`, `continuation`), or to score its last turn (`scores`). */
  readonly gives: 'text' | 'scores'
  /** Maximum prompts in one request. */
  readonly maxBatch: number
  /** One request for several prompts with the same limits, at most `maxBatch`. */
  request(generations: readonly Generation[]): HttpRequest
  /** The verdict on the reply to a request for `count` prompts. @param answers true for answers, which may be empty */
  classify(reply: HttpReply, count: number, answers?: boolean): Verdict
}
