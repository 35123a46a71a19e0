import { type AttributeSet, labelKeys } from '../../domain/attributes.js'
import { SteerflowError } from '../../domain/errors.js'
import { readAttribute, readLine } from '../../domain/label-reply.js'
import { labelPrompt, labelUpTo, rewardPrompt } from '../../domain/prompt.js'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { type ScoredTurn, type TurnToScore } from '../../stages/needs.js'
import { type Attempt } from './pool/attempt.js'
import { type Endpoint } from './pool/endpoint.js'
import { type Pool } from './pool/pool.js'
import { type Generation, type RawScores } from './protocols/protocol.js'
import { readScores, readText } from './read-answer.js'

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
  readonly scores: RawScores
}

/** What a call brings: the whole label, one more attribute, or no usable line. */
interface Whole {
  readonly kind: 'whole'
  readonly turn: ScoredTurn
}
interface Step {
  readonly kind: 'attribute'
  readonly partial: Partial
}
interface NoLine {
  readonly kind: 'no-line'
}

/** A turn on its way to a label. */
interface Question extends Scoring {
  readonly turn: TurnToScore
  /** What the label continues. */
  readonly prompt: string
}

const nothing: Partial = { label: '', scores: {} }

/**
 * The label of the last turn. A server that scores turns is asked once. One that continues text is first asked for the
 * whole line after the set's first key; where the reply is no such line, or the endpoint is known not to give lines, for
 * attribute by attribute as in the original (steerlm-scripts §3). Both ways of asking give the same label where the
 * model's greedy continuation depends on the prompt's text only. In a fleet of both kinds of servers the one that gets
 * the next call decides.
 */
export async function scoreTurn(
  pool: Pool,
  scoring: Scoring,
  model: string,
  turn: TurnToScore,
  signal: AbortSignal,
): Promise<ScoredTurn> {
  const question = { ...scoring, turn, prompt: labelPrompt(turn.system, turn.turns, scoring.tokens) }
  const ask = <T>(ofText: (endpoint: Endpoint) => Attempt<T>): Promise<T | Whole> =>
    pool.ask<T | Whole>({
      model,
      signal,
      attempt: endpoint => (endpoint.protocol.gives === 'scores' ? scoresAttempt(question) : ofText(endpoint)),
    })
  const whole = ({ turn }: Whole): ScoredTurn => {
    pool.counters.lines++
    return turn
  }
  const keys = labelKeys(scoring.attributeSet)
  const first = await ask<Whole | Step | NoLine>(({ lines }) =>
    lines.allowed ? lineAttempt(question, lines) : attributeAttempt(question, nothing, keys[0]!),
  )
  if (first.kind === 'whole') return whole(first)
  let partial = first.kind === 'attribute' ? first.partial : nothing
  for (const key of keys.slice(first.kind === 'attribute' ? 1 : 0)) {
    const before = partial
    const step = await ask<Step>(() => attributeAttempt(question, before, key))
    if (step.kind === 'whole') return whole(step)
    partial = step.partial
  }
  pool.counters.attributeByAttribute++
  return partial
}

/** Asks for the scores of the turn. */
function scoresAttempt({ turn, tokens, attributeSet }: Question): Attempt<Whole> {
  const prompt = rewardPrompt(turn.system, turn.turns, tokens)
  return {
    generation: { prompt, maxTokens: 0, endStrings: [], line: null, turn },
    accept: answer => ({ value: { kind: 'whole', turn: readScores(answer, attributeSet) }, proof: true }),
  }
}

/** Asks for the whole line. A reply that is none is not an error: the attributes are then asked for one by one. */
function lineAttempt(
  { attributeSet, tokens, turn, prompt }: Question,
  lines: { accepted(): void; failed(): void },
): Attempt<Whole | NoLine> {
  const keys = labelKeys(attributeSet)
  const generation: Generation = {
    prompt: prompt + labelUpTo('', keys[0]!),
    // The end of the line stops the generation. Guided decoding may spell a line letter by letter: a token a character.
    maxTokens: keys.reduce((sum, key) => sum + key.length + 4, 0),
    endStrings: ['\n', tokens.turn, endOfText],
    line: attributeSet,
    turn,
  }
  return {
    generation,
    accept: answer => {
      const { sentence, raw } = readText(answer, generation)
      const reply = readLine(sentence, generation.prompt, attributeSet, tokens)
      if (!reply) {
        lines.failed()
        return { value: { kind: 'no-line' }, proof: false }
      }
      lines.accepted()
      const scored = { label: reply.label, scores: withRaw(reply.scores, raw) }
      return { value: { kind: 'whole', turn: scored }, proof: true }
    },
  }
}

/** Asks for one attribute, as the original: one token behind the label so far. */
function attributeAttempt(question: Question, before: Partial, key: string): Attempt<Step> {
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
      return { value: { kind: 'attribute', partial }, proof: true }
    },
  }
}

const endOfText = '<|endoftext|>'

function readPartial(
  { attributeSet, protocol }: Scoring,
  before: Partial,
  key: string,
  { sentence, raw }: ReturnType<typeof readText>,
): Partial {
  const read = readAttribute(sentence, attributeSet, key)
  const attribute = attributeSet.attributes.find(one => one.key === key)
  if (!read) throw noLabel(key, sentence)
  if (!attribute || read.value === null) return { label: read.label, scores: before.scores }
  const onScale = read.value >= attribute.min && read.value <= attribute.max
  if (!onScale && protocol === 'auto') throw noLabel(key, sentence)
  return { label: read.label, scores: { ...before.scores, ...withRaw({ [key]: read.value }, raw) } }
}

/** The integers, with the server's raw scores in their place where it gave some. */
const withRaw = (integers: RawScores, raw: RawScores): RawScores =>
  Object.fromEntries(Object.entries(integers).map(([key, value]) => [key, raw[key] ?? value]))

const noLabel = (key: string, sentence: string): SteerflowError =>
  new SteerflowError(
    'STEERFLOW_INFERENCE_ANSWER',
    `no value for ${key} in the reply, which ends with ${JSON.stringify(sentence.slice(-60))}`,
  )
