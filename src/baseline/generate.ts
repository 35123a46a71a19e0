import type { PromptTokens } from '../domain/prompt-tokens.js'
import type { TurnInContext } from './turn.js'
import type { Generated, GenerateRequest } from '../domain/generate-contract.js'
import { roundHalfEven } from '../domain/label-line.js'
import type { BaselineModel } from './model.js'
import { type Prediction, predictor } from './predict.js'

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * Splits text into the tokens of this model. It has no learnt vocabulary: a token is one of the prompt's control strings, a
 * word (letters and underscores, so that an attribute key or a language code is one token), a single digit, or any other
 * single character.
 */
export function tokenizer({ system, turn, label }: PromptTokens): (text: string) => readonly string[] {
  const control = [system, turn, label].map(escaped).join('|')
  const token = new RegExp(`${control}|\\p{L}[\\p{L}\\p{M}_]*|[^]`, 'gu')
  return text => text.match(token) ?? []
}

/** A number for a token: the code point of a single character, otherwise a hash above all code points. */
export function tokenId(token: string): number {
  const first = token.codePointAt(0) ?? 0
  if (token.length === String.fromCodePoint(first).length) return first
  let hash = 0x811c9dc5
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
  return 0x110000 + ((hash >>> 0) % 2 ** 20)
}

/** Where each token begins, in code points. */
export function tokenOffsets(tokens: readonly string[]): readonly number[] {
  let at = 0
  return tokens.map(token => {
    const begin = at
    at += [...token].length
    return begin
  })
}

/** The request in a prompt: which turn to label, and the part of its label that is already there. */
export interface ReadPrompt {
  readonly turn: TurnInContext
  /** The text after the token that begins the label; null if the prompt ends before it. */
  readonly label: string | null
  /** Whether the last turn has no speaker yet, so that there is no turn to judge. */
  readonly unspoken: boolean
}

interface Part {
  /** Empty if the line with the name is incomplete. */
  readonly speaker: string
  readonly text: string
  readonly label: string | null
}

const withoutLineEnd = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)

/** The text after a label line at the beginning (VALUE_TO_TEXT); all of it if there is none, or nothing follows. */
function behindLabel(body: string, labelToken: string): string {
  const lineEnd = body.startsWith(labelToken) ? body.indexOf('\n') : -1
  return lineEnd === -1 || lineEnd === body.length - 1 ? body : body.slice(lineEnd + 1)
}

/** Text and label of a turn whose label follows the text (TEXT_TO_VALUE). */
function readBody(body: string, labelToken: string): Omit<Part, 'speaker'> {
  const rest = behindLabel(body, labelToken)
  const at = rest.lastIndexOf(labelToken)
  if (at === -1) return { text: withoutLineEnd(rest), label: null }
  return { text: withoutLineEnd(rest.slice(0, at)), label: rest.slice(at + labelToken.length) }
}

function readTurn(part: string, labelToken: string): Part {
  const lineEnd = part.indexOf('\n')
  if (lineEnd === -1) return { speaker: '', text: '', label: null }
  return { speaker: part.slice(0, lineEnd), ...readBody(part.slice(lineEnd + 1), labelToken) }
}

/**
 * Reads a prompt back into turns (docs/reference/loss-masks.md#prompts-at-inference). It accepts every text: one without
 * turns is a single turn of an unknown speaker.
 * @param user the speaker whose turns count as the user's.
 */
export function readPrompt(prompt: string, tokens: PromptTokens, user: string): ReadPrompt {
  const parts = prompt.split(tokens.turn)
  if (parts.length === 1) {
    const { text, label } = readBody(prompt, tokens.label)
    return { turn: { text, before: null, turnsBefore: 0, user: false }, label, unspoken: false }
  }
  const turnsBefore = parts.length - 2
  const { speaker, text, label } = readTurn(parts.at(-1)!, tokens.label)
  const before = turnsBefore === 0 ? null : readTurn(parts.at(-2)!, tokens.label).text
  return { turn: { text, before, turnsBefore, user: speaker === user }, label, unspoken: speaker === '' }
}

/** The keys of a label line in order, each with its value as one token. */
export type LabelValues = ReadonlyMap<string, string>

/**
 * The missing tokens of a label line that begins with `given`, the line end included: a key, a colon, a value and a comma
 * are a token each. The line continues after the last given key, whatever its value; after an unknown key it ends. Null if
 * it has already ended.
 */
export function missingOfLabel(given: string, values: LabelValues): readonly string[] | null {
  if (given.includes('\n')) return null
  const entries = [...values]
  /** The entries after a key; none if the key is unknown. */
  const follow = (key: string) => entries.slice(entries.findIndex(([one]) => one === key) + 1 || Infinity)
  const behind = (key: string) => [...follow(key).flatMap(([next, value]) => [',', next, ':', value]), '\n']

  const items = given.split(',')
  const begun = items.at(-1)!
  const colon = begun.indexOf(':')
  if (colon >= 0) {
    const key = begun.slice(0, colon)
    const value = values.get(key)
    // Anything behind the first colon is the value, another colon too: `lang::` would be continued without end.
    if (colon < begun.length - 1) return behind(key)
    return value === undefined ? ['\n'] : [value, ...behind(key)]
  }
  const before = items.at(-2)?.split(':', 1)[0]
  const next = (before === undefined ? entries : follow(before)).find(([one]) => one.startsWith(begun))
  if (next === undefined) return ['\n']
  const restOfKey = next[0].slice(begun.length)
  return [...(restOfKey === '' ? [] : [restOfKey]), ':', next[1], ...behind(next[0])]
}

/** Maximum number of tokens generated for a prompt, whatever a request asks. */
export const longestContinuation = 1_024

/** The answer to a request: the values of the contract, and the raw scores behind them. */
export interface BaselineGenerated extends Generated {
  /** Raw scores of the last turn of each prompt, by attribute key. */
  readonly scores: readonly Readonly<Record<string, number>>[]
}

/** Carries out a request that passed the contract's checks. */
export type Generate = (request: GenerateRequest) => BaselineGenerated

/** The values of a label line: whole points on each attribute's scale, then the language if there is one. */
function labelValues({ attributeSet }: BaselineModel, { scores, language }: Prediction): LabelValues {
  const values = new Map<string, string>()
  for (const { key, min, max } of attributeSet.attributes) {
    values.set(key, String(Math.min(max, Math.max(min, roundHalfEven(scores[key]!)))))
  }
  if (attributeSet.language && language !== null) values.set('lang', language)
  return values
}

/** The tokens after a prompt, up to the end of text. */
function continuation(prompt: string, read: ReadPrompt, values: LabelValues, tokens: PromptTokens): readonly string[] {
  const { label, unspoken } = read
  if (unspoken) return []
  const missing = missingOfLabel(label ?? '', values)
  if (missing === null) return label?.indexOf('\n') === label!.length - 1 ? [tokens.turn] : []
  const begin = label !== null ? [] : prompt.endsWith('\n') ? [tokens.label] : ['\n', tokens.label]
  return [...begin, ...missing, tokens.turn]
}

/** The tokens that the request's limits allow. */
function limited(prompt: string, tokens: readonly string[], request: GenerateRequest): readonly string[] {
  const most = Math.min(request.tokensToGenerate, longestContinuation)
  const generated: string[] = []
  let text = prompt
  while (generated.length < most) {
    // While the end of text is banned, a line end is the next best.
    const token = tokens[generated.length] ?? (generated.length < request.minTokensToGenerate ? '\n' : null)
    if (token === null) break
    generated.push(token)
    text += token
    if (request.endStrings.some(end => text.endsWith(end))) break
  }
  return generated
}

/**
 * Makes a generator of the model. The greedy continuation is a function of the prompt's text: the prompt is read back into
 * turns, all attributes of the last turn are predicted, and the label line is continued from the part that the prompt
 * contains. A line end, the token that begins a turn, and the end of text follow. A value in the prompt does not change the
 * prediction of other attributes, so that asking for one attribute per call and for the whole line in one call give the
 * same label. Sampling options have no effect.
 */
export function generator(model: BaselineModel, tokens: PromptTokens): Generate {
  const predict = predictor(model)
  const tokenize = tokenizer(tokens)
  return request => {
    const answers = request.sentences.map(prompt => {
      const read = readPrompt(prompt, tokens, model.user)
      const prediction = predict(read.turn)
      const generated = limited(prompt, continuation(prompt, read, labelValues(model, prediction), tokens), request)
      return { generated, tokens: [...tokenize(prompt), ...generated], scores: prediction.scores }
    })
    return {
      sentences: answers.map(({ generated }, i) => request.sentences[i]! + generated.join('')),
      tokens: answers.map(answer => answer.tokens),
      tokenIds: answers.map(answer => answer.tokens.map(tokenId)),
      offsets: answers.map(answer => tokenOffsets(answer.tokens)),
      logprob: null,
      scores: answers.map(({ scores }) => scores),
    }
  }
}
