import { type AttributeSet, labelKeys } from '../../domain/attributes.js'
import { SteerflowError } from '../../domain/errors.js'
import { isMasked } from '../../domain/formats/speakers.js'
import { readAttribute, readLine } from '../../domain/label-reply.js'
import { labelPrompt, labelUpTo, rewardPrompt } from '../../domain/prompt.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { ScoredTurn, TurnToScore } from '../../stages/needs.js'
import type { Attempt } from './pool/attempt.js'
import type { Endpoint } from './pool/endpoint.js'
import type { Pool } from './pool/pool.js'
import type { VerifiedLabels } from './pool/stats.js'
import type { Generation, RawScores, Answer } from './protocols/protocol.js'
import { formatLabel, roundHalfEven } from '../../domain/label-line.js'

/** How turns are scored. */
export interface Scoring {
  readonly attributeSet: AttributeSet
  readonly tokens: PromptTokens
  /**
   * `auto`: one call per turn if the model gives whole label lines, otherwise one call per attribute; values must be on
   * their scales. `per-attribute`: the original's requests, and every answer that the original accepts.
   */
  readonly protocol: 'auto' | 'per-attribute'
}

/** The label so far, up to and including a key. */
interface UnfinishedLine {
  readonly label: string
  readonly scores: RawScores
}

/** The result of a call: the whole label, one more attribute, or no usable line. */
interface Whole {
  readonly kind: 'whole'
  readonly by: 'line' | 'scores'
  readonly turn: ScoredTurn
}
interface ScoringStep {
  readonly kind: 'attribute'
  readonly partial: UnfinishedLine
}
interface NoLine {
  readonly kind: 'no-line'
}

/** A turn without its complete label. */
interface AttributeQuestion extends Scoring {
  readonly turn: TurnToScore
  /** The label continues this text. */
  readonly prompt: string
}

/** A label, and how it was requested. */
export interface AskedAttribute {
  readonly by: 'line' | 'attributes' | 'scores'
  readonly turn: ScoredTurn
}

/** A turn that every value model accepts. */
const shortTurn: TurnToScore = { system: '', turns: [{ value: 'Hi', from: 'User' }] }

const nothing: UnfinishedLine = { label: '', scores: {} }

/**
 * The label of the last turn. A server that scores turns gets one call. A server that continues text first gets a
 * request for the whole line after the set's first key; if the reply is no such line, or the endpoint is known not to
 * give lines, it gets one request per attribute as in the original (docs/reference/original-scripts.md#requests). Both
 * ways give the same label if the model's greedy continuation depends only on the prompt's text. In a fleet with both
 * kinds of servers the server of the next call decides.
 * @param lines whether to request whole lines from servers that give them
 */
export async function scoreTurn(
  pool: Pool,
  scoring: Scoring,
  model: string,
  turn: TurnToScore,
  signal: AbortSignal,
  lines = true,
): Promise<AskedAttribute> {
  const question = { ...scoring, turn, prompt: labelPrompt(turn.system, turn.turns, scoring.tokens) }
  const characters = question.prompt.length
  let near: Endpoint | null = null
  const short: AttributeQuestion = {
    ...scoring,
    turn: shortTurn,
    prompt: labelPrompt('', shortTurn.turns, scoring.tokens),
  }
  const ask = <T>(
    key: string,
    ofText: (endpoint: Endpoint, question: AttributeQuestion) => Attempt<T>,
  ): Promise<T | Whole> =>
    pool.ask<T | Whole>({
      model,
      question: key,
      characters,
      signal,
      near,
      attempt: endpoint => {
        near = endpoint
        return endpoint.protocol.gives === 'scores' ? scoresAttempt(question) : ofText(endpoint, question)
      },
      sibling: endpoint => (endpoint.protocol.gives === 'scores' ? scoresAttempt(short) : ofText(endpoint, short)),
    })
  const whole = ({ by, turn }: Whole): AskedAttribute => {
    pool.counters.lines++
    return { by, turn }
  }
  const keys = labelKeys(scoring.attributeSet)
  const first = await ask<Whole | ScoringStep | NoLine>(keys[0]!, ({ lines: support }, asked) =>
    lines && support.take() ? lineAttempt(asked, support) : attributeAttempt(asked, nothing, keys[0]!),
  )
  if (first.kind === 'whole') return whole(first)
  let partial = first.kind === 'attribute' ? first.partial : nothing
  for (const key of keys.slice(first.kind === 'attribute' ? 1 : 0)) {
    const before = partial
    const step = await ask<ScoringStep>(key, (_, asked) => attributeAttempt(asked, before, key))
    if (step.kind === 'whole') return whole(step)
    partial = step.partial
  }
  pool.counters.attributeByAttribute++
  return { by: 'attributes', turn: partial }
}

/** Requests the scores of the turn. */
function scoresAttempt({ turn, tokens, attributeSet }: AttributeQuestion): Attempt<Whole> {
  // Reward models are trained with these two names.
  const named = turn.turns.map(one => ({ ...one, from: isMasked(one.from, turn.mask) ? 'User' : 'Assistant' }))
  const prompt = rewardPrompt(turn.system, named, tokens)
  return {
    generation: { prompt, maxTokens: 0, endStrings: [], line: null, turn },
    accept: answer => ({
      value: { kind: 'whole', by: 'scores', turn: readScores(answer, attributeSet) },
      proves: labelKeys(attributeSet),
    }),
  }
}

/** What a request for a whole label line is about. */
interface LineQuestion {
  readonly set: AttributeSet
  readonly tokens: PromptTokens
  readonly turn: TurnToScore
}

/** The request for the whole label line after a prompt. */
export function lineGeneration(prompt: string, { set, tokens, turn }: LineQuestion): Generation {
  const keys = labelKeys(set)
  return {
    prompt: prompt + labelUpTo('', keys[0]!),
    // The end of the line stops the generation. Guided decoding may spell a line letter by letter: a token a character.
    maxTokens: keys.reduce((sum, key) => sum + key.length + 4, 0),
    endStrings: ['\n', tokens.turn, endOfText],
    line: set,
    turn,
  }
}

/** Requests the whole line. Any other reply is not an error: the attributes are then requested one by one. */
function lineAttempt(
  { attributeSet, tokens, turn, prompt }: AttributeQuestion,
  lines: { accepted(): void; failed(): void },
): Attempt<Whole | NoLine> {
  const keys = labelKeys(attributeSet)
  const generation = lineGeneration(prompt, { set: attributeSet, tokens, turn })
  return {
    generation,
    accept: answer => {
      const { sentence, raw } = readText(answer, generation)
      const reply = readLine(sentence, generation.prompt, attributeSet, tokens)
      if (!reply) {
        lines.failed()
        return { value: { kind: 'no-line' }, proves: [] }
      }
      lines.accepted()
      const scored = { label: reply.label, scores: withRaw(reply.scores, raw) }
      return { value: { kind: 'whole', by: 'line', turn: scored }, proves: keys }
    },
  }
}

/** Requests one attribute as the original does: one token after the label so far. */
function attributeAttempt(question: AttributeQuestion, before: UnfinishedLine, key: string): Attempt<ScoringStep> {
  const generation: Generation = {
    prompt: question.prompt + labelUpTo(before.label, key),
    maxTokens: 1,
    endStrings: [question.tokens.turn, endOfText],
    line: null,
    turn: question.turn,
  }
  return {
    generation,
    accept: answer => {
      const partial = readPartial(question, before, key, readText(answer, generation))
      return { value: { kind: 'attribute', partial }, proves: [key] }
    },
  }
}

const endOfText = '<|endoftext|>'

function readPartial(
  { attributeSet, protocol }: Scoring,
  before: UnfinishedLine,
  key: string,
  { sentence, raw }: ReturnType<typeof readText>,
): UnfinishedLine {
  const read = readAttribute(sentence, attributeSet, key)
  const attribute = attributeSet.attributes.find(one => one.key === key)
  if (!read) throw noLabel(key, sentence)
  if (!attribute || read.value === null) return { label: read.label, scores: before.scores }
  const onScale = read.value >= attribute.min && read.value <= attribute.max
  if (!onScale && protocol === 'auto') throw noLabel(key, sentence)
  return { label: read.label, scores: { ...before.scores, ...withRaw({ [key]: read.value }, raw) } }
}

/** The integers, replaced by the server's raw scores if it returned some. */
const withRaw = (integers: RawScores, raw: RawScores): RawScores =>
  Object.fromEntries(Object.entries(integers).map(([key, value]) => [key, raw[key] ?? value]))

const noLabel = (key: string, sentence: string): SteerflowError =>
  new SteerflowError(
    'STEERFLOW_INFERENCE_ANSWER',
    `no value for ${key} in the reply, which ends with ${JSON.stringify(sentence.slice(-60))}`,
  )

/**
 * Removes the beginning of an end string that the token limit cut off (docs/reference/inference-servers.md#llamacpp).
 */
export function withoutCutEnd(text: string, endStrings: readonly string[]): string {
  for (let length = Math.max(0, ...endStrings.map(end => end.length - 1)); length > 0; length--) {
    const tail = text.slice(-length)
    if (tail.length === length && endStrings.some(end => end.startsWith(tail))) return text.slice(0, -length)
  }
  return text
}

/**
 * Prompt and continuation, and the raw scores of the reply.
 * @throws STEERFLOW_INFERENCE_ANSWER if the server returned no text.
 */
export function readText(answer: Answer, { prompt, endStrings }: Generation): { sentence: string; raw: RawScores } {
  switch (answer.kind) {
    case 'sentence':
      return { sentence: answer.sentence, raw: answer.scores ?? {} }
    case 'continuation':
      return { sentence: prompt + withoutCutEnd(answer.text, endStrings), raw: {} }
    case 'scores':
      throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', 'the server returned scores instead of text')
  }
}

/**
 * The label of a turn's scores: each is clamped to its scale and rounded half to even, as NeMo-Aligner's annotator does
 * (docs/reference/original-scripts.md#nemo-aligners-scripts). The returned scores are not changed.
 * @throws STEERFLOW_INFERENCE_ANSWER if one is missing.
 */
export function readScores(answer: Answer, set: AttributeSet): ScoredTurn {
  const raw = answer.kind === 'scores' ? answer.scores : {}
  const absent = set.attributes.filter(({ key }) => !Number.isFinite(raw[key])).map(({ key }) => key)
  if (absent.length > 0) throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', `no score for ${absent.join(', ')}`)
  const points = set.attributes.map(
    ({ key, min, max }) => [key, roundHalfEven(Math.min(max, Math.max(min, raw[key]!)))] as const,
  )
  return {
    label: formatLabel(set, { scores: Object.fromEntries(points), lang: null }),
    scores: Object.fromEntries(set.attributes.map(({ key }) => [key, raw[key]!])),
  }
}

/**
 * Compares labels from whole lines with labels attribute by attribute, for a share of the turns. The two are equal if a
 * server's greedy continuation depends only on the prompt's text. Only a comparison shows that: batches, caches and
 * half precision can break it.
 */
export class LabelVerification {
  #turns = 0
  #differing = 0
  readonly #byAttribute: Record<string, number> = {}

  constructor(private readonly share: number) {}

  /** True if a turn belongs to the share: the same turns in every run. @param key hexadecimal digest of its prompt */
  chosen(key: string): boolean {
    return parseInt(key.slice(0, 8), 16) < this.share * 2 ** 32
  }

  compare(line: ScoredTurn, single: ScoredTurn): void {
    this.#turns++
    if (line.label === single.label) return
    this.#differing++
    const singles = new Set(single.label.split(','))
    for (const item of line.label.split(',')) {
      const key = item.split(':', 1)[0]!
      if (!singles.has(item)) this.#byAttribute[key] = (this.#byAttribute[key] ?? 0) + 1
    }
  }

  /** Result so far; null if nothing is verified. */
  get result(): VerifiedLabels | null {
    if (this.share === 0) return null
    return { turns: this.#turns, differing: this.#differing, byAttribute: { ...this.#byAttribute } }
  }
}
