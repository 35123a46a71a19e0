/** What to generate: the greedy continuation of one prompt. */
export interface Generation {
  readonly prompt: string
  /** Most tokens to generate. */
  readonly maxTokens: number
  /** Generation stops behind any of these. */
  readonly endStrings: readonly string[]
}

/** What a server made of one prompt. */
export interface Answer {
  /** The prompt, as the server's tokenizer decodes it, and its continuation. */
  readonly sentence: string
  /** Raw scores by attribute, from servers that give them. */
  readonly scores: Readonly<Record<string, number>> | null
}

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
  /** Most prompts in one request. */
  readonly maxBatch: number
  /** One request for several prompts with the same limits. */
  request(generations: readonly Generation[]): HttpRequest
  /** What the reply to a request for `count` prompts means. */
  classify(reply: HttpReply, count: number): Verdict
}
