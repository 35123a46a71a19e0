import { type AttributeSet, labelKeys } from '../../domain/attributes.js'
import { SteerflowError } from '../../domain/errors.js'
import { readAttribute, readLine } from '../../domain/label-reply.js'
import { labelPrompt, labelUpTo } from '../../domain/prompt.js'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { type ScoredTurn, type TurnToScore } from '../../stages/needs.js'
import { type Pool } from './pool/pool.js'
import { type Answer, type Generation } from './protocols/protocol.js'
import { type Attempt } from './pool/attempt.js'
import { type Endpoint } from './pool/endpoint.js'

/** How turns are scored. */
export interface Scoring {
  readonly attributeSet: AttributeSet
  readonly tokens: PromptTokens
  /**
   * `auto`: one call a turn where the model gives whole label lines, otherwise one call an attribute; values must be on
   * their scales. `per-attribute`: the original's requests, and everything accepted that the original accepts.
   */
  readonly protocol: 'auto' | 'per-attribute'
}

/** The label so far, up to and including a key. */
interface Partial {
  readonly label: string
  readonly scores: Readonly<Record<string, number>>
}

/** What the first call of a turn brings: the whole line, the first attribute, or no usable line. */
type First =
  | { readonly kind: 'line'; readonly turn: ScoredTurn }
  | { readonly kind: 'attribute'; readonly partial: Partial }
  | { readonly kind: 'no-line' }

const nothing: Partial = { label: '', scores: {} }

/**
 * The label of the last turn. The first call asks for the whole line after the set's first key; where the reply is no
 * such line, or the endpoint is known not to give lines, attribute by attribute as in the original (steerlm-scripts §3).
 * Both give the same label where the model's greedy continuation depends on the prompt's text only.
 */
export async function scoreTurn(
  pool: Pool,
  scoring: Scoring,
  model: string,
  turn: TurnToScore,
  signal: AbortSignal,
): Promise<ScoredTurn> {
  const prompt = labelPrompt(turn.system, turn.turns, scoring.tokens)
  const keys = labelKeys(scoring.attributeSet)
  const characters = prompt.length
  let near: Endpoint | null = null
  const first = await pool.ask<First>({
    model,
    characters,
    signal,
    attempt: endpoint => {
      near = endpoint
      const { lines } = endpoint
      return lines.allowed ? lineAttempt(scoring, prompt, lines) : firstAttempt(scoring, prompt, keys[0]!)
    },
  })
  if (first.kind === 'line') {
    pool.counters.lines++
    return first.turn
  }
  let partial = first.kind === 'attribute' ? first.partial : nothing
  for (const key of keys.slice(first.kind === 'attribute' ? 1 : 0)) {
    const before = partial
    partial = await pool.ask({
      model,
      characters,
      signal,
      near,
      attempt: endpoint => {
        near = endpoint
        return attributeAttempt(scoring, prompt, before, key)
      },
    })
  }
  pool.counters.attributeByAttribute++
  return partial
}

function firstAttempt(scoring: Scoring, prompt: string, key: string): Attempt<First> {
  const attempt = attributeAttempt(scoring, prompt, nothing, key)
  return {
    generation: attempt.generation,
    accept: answer => {
      const { value, proof } = attempt.accept(answer)
      return { value: { kind: 'attribute', partial: value }, proof }
    },
  }
}

/** Asks for the whole line. A reply that is none is not an error: the attributes are then asked for one by one. */
function lineAttempt(
  { attributeSet, tokens }: Scoring,
  prompt: string,
  lines: { accepted(): void; failed(): void },
): Attempt<First> {
  const keys = labelKeys(attributeSet)
  const generation: Generation = {
    prompt: prompt + labelUpTo('', keys[0]!),
    // A generous bound, seldom reached: the line's end stops the generation. A key is at most half as many tokens.
    maxTokens: keys.reduce((sum, key) => sum + Math.ceil(key.length / 2) + 3, 0),
    endStrings: ['\n', tokens.turn, endOfText],
  }
  return {
    generation,
    accept: ({ sentence, scores }) => {
      const reply = readLine(sentence, generation.prompt, attributeSet, tokens)
      if (!reply) {
        lines.failed()
        return { value: { kind: 'no-line' }, proof: false }
      }
      lines.accepted()
      return {
        value: { kind: 'line', turn: { label: reply.label, scores: withRaw(reply.scores, scores) } },
        proof: true,
      }
    },
  }
}

/** Asks for one attribute, as the original: one token behind the label so far. */
function attributeAttempt(scoring: Scoring, prompt: string, before: Partial, key: string): Attempt<Partial> {
  const generation: Generation = {
    prompt: prompt + labelUpTo(before.label, key),
    maxTokens: 1,
    endStrings: [scoring.tokens.turn, endOfText],
  }
  return { generation, accept: answer => ({ value: readPartial(scoring, before, key, answer), proof: true }) }
}

const endOfText = '<|endoftext|>'

function readPartial(scoring: Scoring, before: Partial, key: string, { sentence, scores }: Answer): Partial {
  const { attributeSet, protocol } = scoring
  const read = readAttribute(sentence, attributeSet, key)
  const attribute = attributeSet.attributes.find(one => one.key === key)
  if (!read) throw noLabel(key, sentence)
  if (!attribute || read.value === null) return { label: read.label, scores: before.scores }
  const onScale = read.value >= attribute.min && read.value <= attribute.max
  if (!onScale && protocol === 'auto') throw noLabel(key, sentence)
  return { label: read.label, scores: { ...before.scores, ...withRaw({ [key]: read.value }, scores) } }
}

/** The integers, with the server's raw scores in their place where it gave some. */
function withRaw(
  integers: Readonly<Record<string, number>>,
  raw: Readonly<Record<string, number>> | null,
): Readonly<Record<string, number>> {
  if (!raw) return integers
  return Object.fromEntries(Object.entries(integers).map(([key, value]) => [key, raw[key] ?? value]))
}

const noLabel = (key: string, sentence: string): SteerflowError =>
  new SteerflowError(
    'STEERFLOW_INFERENCE_ANSWER',
    `no value for ${key} in the reply, which ends with ${JSON.stringify(sentence.slice(-60))}`,
  )
