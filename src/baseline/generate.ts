import type { PromptTokens } from '../domain/prompt-tokens.js'
import type { TurnInContext } from './turn.js'
import type { Generated, GenerateRequest } from '../domain/generate-contract.js'
import { roundHalfEven } from '../domain/label-line.js'
import type { BaselineModel } from './model.js'
import { type Prediction, predictor } from './predict.js'

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * Divides text into the tokens of this model. It has no learnt vocabulary: a token is one of the prompt's control
 * strings, a word (letters and underscores, so that an attribute's key and a language code are one each), a single digit,
 * or any other single character.
 */
export function tokenizer({ system, turn, label }: PromptTokens): (text: string) => readonly string[] {
  const control = [system, turn, label].map(escaped).join('|')
  const token = new RegExp(`${control}|\\p{L}[\\p{L}\\p{M}_]*|[^]`, 'gu')
  return text => text.match(token) ?? []
}

/** A number for a token: the code point of a single character, a hash above all code points for the others. */
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

/** What a prompt asks: the label of which turn, and how much of it is there already. */
export interface ReadPrompt {
  readonly turn: TurnInContext
  /** The text behind the token that begins the label; null when the prompt has not got as far. */
  readonly label: string | null
  /** Whether the last turn's speaker is not named yet, so that there is no turn to judge. */
  readonly unspoken: boolean
}

interface Part {
  /** Empty where the line of the name is not finished. */
  readonly speaker: string
  readonly text: string
  readonly label: string | null
}

const withoutLineEnd = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)

/** What follows a label line at the beginning (VALUE_TO_TEXT); all of it where there is none, or nothing follows. */
function behindLabel(body: string, labelToken: string): string {
  const lineEnd = body.startsWith(labelToken) ? body.indexOf('\n') : -1
  return lineEnd === -1 || lineEnd === body.length - 1 ? body : body.slice(lineEnd + 1)
}

/** Text and label of a turn, the label behind the text (TEXT_TO_VALUE). */
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
 * Reads a prompt back into turns (docs/reference/loss-masks.md#prompts-at-inference). It takes every text: one without
 * turns is a single turn whose speaker is unknown.
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
 * What is missing of a label line of which `given` is there, token by token, the line end included: a key, a colon, a
 * value and a comma are a token each. The line goes on behind the last key that was given, whatever its value; behind a
 * key that is not among the values it ends. Null when it has ended already.
 */
export function missingOfLabel(given: string, values: LabelValues): readonly string[] | null {
  if (given.includes('\n')) return null
  const entries = [...values]
  /** What follows a key; nothing where the key is unknown. */
  const follow = (key: string) => entries.slice(entries.findIndex(([one]) => one === key) + 1 || Infinity)
  const behind = (key: string) => [...follow(key).flatMap(([next, value]) => [',', next, ':', value]), '\n']

  const items = given.split(',')
  const begun = items.at(-1)!
  const [key = '', part] = begun.split(':', 2)
  if (part !== undefined) {
    const value = values.get(key)
    if (part !== '') return behind(key)
    return value === undefined ? ['\n'] : [value, ...behind(key)]
  }
  const before = items.at(-2)?.split(':', 1)[0]
  const next = (before === undefined ? entries : follow(before)).find(([one]) => one.startsWith(begun))
  if (next === undefined) return ['\n']
  const restOfKey = next[0].slice(begun.length)
  return [...(restOfKey === '' ? [] : [restOfKey]), ':', next[1], ...behind(next[0])]
}

/** Most tokens that are generated for a prompt, whatever a request asks. */
export const longestContinuation = 1_024

/** What a request is answered with: the contract's values, and the raw scores behind them. */
export interface BaselineGenerated extends Generated {
  /** Raw scores of the last turn of each prompt, by attribute key. */
  readonly scores: readonly Readonly<Record<string, number>>[]
}

/** Carries out a request that passed the contract's checks. */
export type Generate = (request: GenerateRequest) => BaselineGenerated

/** The values of a label line: whole points on each attribute's scale, then the language where there is one. */
function labelValues({ attributeSet }: BaselineModel, { scores, language }: Prediction): LabelValues {
  const values = new Map<string, string>()
  for (const { key, min, max } of attributeSet.attributes) {
    values.set(key, String(Math.min(max, Math.max(min, roundHalfEven(scores[key]!)))))
  }
  if (attributeSet.language && language !== null) values.set('lang', language)
  return values
}

/** The tokens behind a prompt up to the end of text. */
function continuation(prompt: string, read: ReadPrompt, values: LabelValues, tokens: PromptTokens): readonly string[] {
  const { label, unspoken } = read
  if (unspoken) return []
  const missing = missingOfLabel(label ?? '', values)
  if (missing === null) return label?.indexOf('\n') === label!.length - 1 ? [tokens.turn] : []
  const begin = label !== null ? [] : prompt.endsWith('\n') ? [tokens.label] : ['\n', tokens.label]
  return [...begin, ...missing, tokens.turn]
}

/** As many of the tokens as the request's limits let through. */
function limited(prompt: string, tokens: readonly string[], request: GenerateRequest): readonly string[] {
  const most = Math.min(request.tokensToGenerate, longestContinuation)
  const generated: string[] = []
  let text = prompt
  while (generated.length < most) {
    // Where the end of text is banned, a line end is the next best.
    const token = tokens[generated.length] ?? (generated.length < request.minTokensToGenerate ? '\n' : null)
    if (token === null) break
    generated.push(token)
    text += token
    if (request.endStrings.some(end => text.endsWith(end))) break
  }
  return generated
}

/**
 * A generator over the model. The greedy continuation is a function of the prompt's string: the prompt is read back into
 * turns, all attributes of the last turn are predicted, and the label line is continued from whatever part of it the
 * prompt holds. Behind the line come a line end, the token that begins a turn, and the end of text. What the prompt says
 * of one attribute does not change the prediction of another, so that asking for one attribute a call and for the whole
 * line in one call give the same label. Sampling options change nothing.
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
