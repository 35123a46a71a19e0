import { parseOrUndefined } from './json/json.js'

/**
 * The rules of NeMo's `PUT /generate` (docs/reference/inference-servers.md#nemo-generate): the valid requests, the
 * defaults, and the exact answers to everything else. Shared by all our servers that speak this contract. It keeps the
 * original's oddities, above all that a refused value is answered with status 200 and a JSON string.
 */
/** A request that passed every check, with its defaults filled in. */
export interface GenerateRequest {
  /** The prompts, 1 to 128. */
  readonly sentences: readonly string[]
  /** Maximum number of tokens to generate for a prompt. */
  readonly tokensToGenerate: number
  readonly allProbs: boolean
  readonly temperature: number
  readonly addBos: boolean
  readonly greedy: boolean
  readonly topK: number
  readonly topP: number
  readonly repetitionPenalty: number
  /** Generation stops after a token that makes the text end with one of these; the end string is kept. */
  readonly endStrings: readonly string[]
  /** Minimum number of tokens before the end of text may be generated. */
  readonly minTokensToGenerate: number
  readonly neighbors: number | null
  readonly computeLogprob: boolean
  readonly randomSeed: number | null
}

/** The HTTP envelope of a request. */
export interface GenerateHttp {
  readonly method: string
  /** Path of the URL without its query. */
  readonly path: string
  readonly contentType: string | undefined
  readonly body: string
}

/** A whole HTTP answer. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type GenerateChecked =
  { readonly ok: true; readonly request: GenerateRequest } | { readonly ok: false; readonly answer: HttpAnswer }

/** Maximum number of sentences in one request. */
export const maxSentences = 128

const json = (status: number, body: string): HttpAnswer => ({ status, contentType: 'application/json', body })
const message = (status: number, text: string): HttpAnswer => json(status, `{"message": ${JSON.stringify(text)}}\n`)

/** Answers that depend on no value of the request. */
export const generateAnswers = {
  notFound: {
    status: 404,
    contentType: 'text/html; charset=utf-8',
    body: `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`,
  },
  methodNotAllowed: message(405, 'The method is not allowed for the requested URL.'),
  notJson: message(
    415,
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
  ),
  badJson: message(400, 'The browser (or proxy) sent a request that this server could not understand.'),
  internalError: message(500, 'Internal Server Error'),
  tooManySentences: json(400, `"Maximum number of sentences is ${maxSentences}"\n`),
} as const satisfies Record<string, HttpAnswer>

/** The original answers a refused value with status 200 and a JSON string: clients must check the type of the body. */
export const refusedValue = (complaint: string): HttpAnswer => json(200, `${JSON.stringify(complaint)}\n`)

/** The generated texts, in the order of the request's sentences. */
export interface Generated {
  /** Prompt and continuation. */
  readonly sentences: readonly string[]
  readonly tokens: readonly (readonly string[])[]
  readonly tokenIds: readonly (readonly number[])[]
  /** Where each token begins in its sentence. */
  readonly offsets: readonly (readonly number[])[]
  /** Log probability of each generated token; null unless requested. */
  readonly logprob: readonly (readonly number[])[] | null
  /** Keys beyond the original's, e.g. raw scores. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The answer to a request that succeeded: keys sorted, compact, a newline at the end. */
export function generatedAnswer(generated: Generated): HttpAnswer {
  const { extra, sentences, tokens, tokenIds, offsets, logprob } = generated
  const unsorted: Record<string, unknown> = { ...extra, logprob, offsets, sentences, token_ids: tokenIds, tokens }
  const sorted = Object.fromEntries(Object.entries(unsorted).sort(([a], [b]) => (a < b ? -1 : 1)))
  return json(200, `${JSON.stringify(sorted)}\n`)
}

type Accept<T> = (value: unknown) => T | undefined

/** Python's `isinstance(value, int)`: booleans are integers. JSON's `1.0` is indistinguishable from `1` here and passes. */
const integer =
  (least: number): Accept<number> =>
  value => {
    const number = typeof value === 'boolean' ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= least ? number : undefined
  }

/** Python's `type(value) in (int, float)`: booleans are not numbers. */
const number =
  (within: (value: number) => boolean): Accept<number> =>
  value =>
    typeof value === 'number' && within(value) ? value : undefined

const boolean: Accept<boolean> = value => (typeof value === 'boolean' ? value : undefined)

const strings: Accept<readonly string[]> = value =>
  Array.isArray(value) && value.every(item => typeof item === 'string') ? value : undefined

const orNull =
  <T>(accept: Accept<T>): Accept<T | null> =>
  value =>
    value === null ? null : accept(value)

/** Reads the fields of a body and remembers the first complaint, in the order of the calls. */
class Fields {
  complaint: string | null = null

  constructor(private readonly body: Readonly<Record<string, unknown>>) {}

  take<T>(key: string, fallback: T, accept: Accept<T>, complaint: string): T {
    if (!Object.hasOwn(this.body, key)) return fallback
    const value = accept(this.body[key])
    if (value !== undefined) return value
    this.complaint ??= complaint
    return fallback
  }
}

const mustBeBoolean = (key: string): string => `${key} must be a boolean value`

/** `sentences` as Python iterates it: a string gives its characters. The server fails on values that it cannot iterate. */
function readSentences(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return [...value]
  return strings(value) ?? null
}

/** Checks a parsed JSON body, in the original's order: sentences first, then field by field. */
export function checkGenerate(body: unknown): GenerateChecked {
  const refuse = (answer: HttpAnswer): GenerateChecked => ({ ok: false, answer })
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refuse(generateAnswers.internalError)
  const fields = new Fields(body as Record<string, unknown>)
  const given = (body as Record<string, unknown>)['sentences']
  if ((Array.isArray(given) || typeof given === 'string') && [...given].length > maxSentences) {
    return refuse(generateAnswers.tooManySentences)
  }
  fields.take(
    'task_ids',
    null,
    () => undefined,
    "Input at 'sentences' must by a tuple of two tensors like:                    (context_tokens_tensor, context_length_tensor) if task ids are given",
  )
  const values = {
    tokensToGenerate: fields.take(
      'tokens_to_generate',
      64,
      integer(1),
      'tokens_to_generate must be an integer greater than 0',
    ),
    allProbs: fields.take('all_probs', false, boolean, mustBeBoolean('all_probs')),
    temperature: fields.take(
      'temperature',
      1,
      number(value => value > 0 && value <= 100),
      'temperature must be a positive number less than or equal to 100.0',
    ),
    addBos: fields.take('add_BOS', false, boolean, mustBeBoolean('add_BOS')),
    greedy: fields.take('greedy', false, boolean, mustBeBoolean('greedy')),
    topK: fields.take(
      'top_k',
      0,
      number(value => value >= 0),
      'top_k must be a positive integer number',
    ),
    topP: fields.take(
      'top_p',
      0.9,
      number(value => value >= 0 && value <= 1),
      'top_p must be a positive number less than or equal to 1.0',
    ),
    repetitionPenalty: fields.take(
      'repetition_penalty',
      1,
      number(value => value >= 1),
      'repetition_penalty must be a positive number no less than 1.0',
    ),
    endStrings: fields.take('end_strings', ['<|endoftext|>'], strings, 'expect end_strings to be a list of strings'),
    minTokensToGenerate: fields.take(
      'min_tokens_to_generate',
      0,
      integer(0),
      'min_tokens_to_generate must be an integer no less than 0',
    ),
    neighbors: fields.take<number | null>(
      'neighbors',
      null,
      integer(0),
      'num of neighbors must be an integer no less than 0',
    ),
    computeLogprob: fields.take('compute_logprob', false, boolean, mustBeBoolean('compute_logprob')),
    randomSeed: fields.take<number | null>(
      'random_seed',
      null,
      orNull(integer(0)),
      'random_seed must be a positive integer number or None',
    ),
  }
  const sentences = readSentences(given)
  // Without `sentences` the original fails before any other check; with unusable ones, only while generating.
  if (given === undefined) return refuse(generateAnswers.internalError)
  if (fields.complaint !== null) return refuse(refusedValue(fields.complaint))
  if (sentences === null || sentences.length === 0) return refuse(generateAnswers.internalError)
  return { ok: true, request: { sentences, ...values } }
}

/** Checks a whole HTTP request: path, method, content type, JSON, values. */
export function readGenerate({ method, path, contentType, body }: GenerateHttp): GenerateChecked {
  const refuse = (answer: HttpAnswer): GenerateChecked => ({ ok: false, answer })
  if (path !== '/generate' || method === 'GET' || method === 'HEAD') return refuse(generateAnswers.notFound)
  if (method === 'POST') return refuse(generateAnswers.internalError)
  if (method !== 'PUT') return refuse(generateAnswers.methodNotAllowed)
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '')) return refuse(generateAnswers.notJson)
  const parsed = parseOrUndefined(body)
  return parsed === undefined ? refuse(generateAnswers.badJson) : checkGenerate(parsed)
}
