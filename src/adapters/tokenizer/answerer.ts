import { SteerflowError } from '../../domain/errors.js'
import { firstLearnt } from '../../domain/mask/first-learnt.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { lossMask } from '../../domain/mask/loss-mask.js'
import { checkParts } from '../../domain/mask/parts.js'
import { maskTexts } from '../../domain/mask/texts.js'
import { tokenRow } from '../../domain/mask/token-row.js'
import { continued, type Encode, type Tokenizer } from '../../domain/mask/tokenizer.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { readSmallBytes } from '../storage/small-file.js'
import { cachedEncode } from './encode-cache.js'
import { type EncodeLater, loadHuggingFace } from './hugging-face.js'
import type { SpeltTokens, ThreadAnswer, ThreadOptions } from './messages.js'
import { modelBounds, readModel } from './model-file.js'
import { bounded, piecewiseEncode } from './piecewise.js'
import { loadSentencePiece } from './sentencepiece.js'
import { jsonBounds, type JsonFacts, readTokenizerJson } from './tokenizer-json.js'

/** Capacity of the caches for words and for turns, in characters: with their ids about 20 MB per thread in all. */
const cacheCapacity = 2_000_000

export interface Answerer {
  /** In how many tokens the prompt tokens are spelt. */
  readonly spelt: SpeltTokens
  /** @throws STEERFLOW_UNMASKABLE if the conversation violates a rule of the trainer's loader. */
  readonly answer: (input: MaskInput) => ThreadAnswer | Promise<ThreadAnswer>
}

/**
 * Loads a tokenizer and answers the question of a thread with it.
 * @throws STEERFLOW_TOKENIZER if it cannot be loaded, or does not work with the prompt tokens; STEERFLOW_PACKAGE_MISSING
 */
export const answerer = (options: ThreadOptions): Promise<Answerer> =>
  options.kind === 'json' ? withTokenizerJson(options) : withSentencePiece(options)

async function withSentencePiece(options: ThreadOptions): Promise<Answerer> {
  const { model, tokens } = options
  const facts = readModel(await readSmallBytes(model, modelBounds.fileBytes), model)
  const parts = piecewiseEncode(await loadSentencePiece(model), facts, cacheCapacity)
  const encode = cachedEncode(parts, cacheCapacity)
  return {
    spelt: speltBy(encode, tokens),
    answer: answered({ encode, linesIndependent: facts.linesIndependent }, options),
  }
}

async function withTokenizerJson(options: ThreadOptions): Promise<Answerer> {
  const { model, tokens } = options
  const json = new TextDecoder().decode(await readSmallBytes(model, jsonBounds.fileBytes))
  const facts = readTokenizerJson(json, model)
  const later = cachedEncode(await loadHuggingFace(json, model), cacheCapacity)
  const answer = async (input: MaskInput) => {
    const encode = await encodedAhead(later, maskTexts(tokens, input))
    checkParts(encode, tokens, input, facts.special)
    return answered({ encode, linesIndependent: false }, options)(input)
  }
  const example = await encodedAhead(later, maskTexts(tokens, examples[0]))
  await refuseUnfit(options, facts, answer)
  return { spelt: speltBy(example, tokens), answer }
}

/** The ids of these texts, computed before they are asked for. */
async function encodedAhead(later: EncodeLater, texts: readonly string[]): Promise<Encode> {
  const known = new Map<string, readonly number[]>()
  for (const text of texts) if (!known.has(text)) known.set(text, await later(bounded(text)))
  return text => {
    const ids = known.get(text)
    if (!ids) throw new SteerflowError('STEERFLOW_BUG', 'a part of a prompt was not encoded ahead')
    return ids
  }
}

const answered =
  (tokenizer: Tokenizer, { tokens, question }: ThreadOptions) =>
  (input: MaskInput): ThreadAnswer =>
    question.ask === 'first-learnt'
      ? firstLearnt(tokenizer, tokens, input)
      : tokenRow(lossMask(tokenizer.encode, tokens, input), question.maxTokens)

function speltBy(encode: Encode, { system, turn, label }: PromptTokens): SpeltTokens {
  const ids = continued(encode)
  return { system: ids(system).length, turn: ids(turn).length, label: ids(label).length }
}

/** Conversations of the usual form in both types. */
const examples = (['VALUE_TO_TEXT', 'TEXT_TO_VALUE'] as const).map((type): MaskInput => ({
  conversations: [
    { from: 'User', value: 'Hello.', label: 'quality:4,toxicity:0' },
    { from: 'Assistant', value: 'Hello! How can I help?', label: 'quality:4,toxicity:0' },
    { from: 'User', value: 'Count to three', label: 'quality:3' },
    { from: 'Assistant', value: '1, 2, 3', label: 'quality:3' },
  ],
  system: 'A chat.\n\n',
  mask: 'User',
  type,
})) as [MaskInput, MaskInput]

/**
 * Refuses a tokenizer that cannot mask a usual conversation: then it can mask none, and the reason is the prompt tokens.
 * @throws STEERFLOW_TOKENIZER with both sides
 */
async function refuseUnfit(
  { model, tokens }: ThreadOptions,
  { special }: JsonFacts,
  answer: (input: MaskInput) => Promise<unknown>,
): Promise<void> {
  try {
    for (const input of examples) await answer(input)
  } catch (cause) {
    if (!(cause instanceof SteerflowError) || cause.code !== 'STEERFLOW_UNMASKABLE') throw cause
    const all = [tokens.system, tokens.turn, tokens.label]
    const known = new Set(special.values())
    const spelled = all.map(token => JSON.stringify(token)).join(', ')
    const way = all.every(token => known.has(token))
      ? 'they are special tokens of it, so look at their lstrip, rstrip and normalized'
      : 'add them to it as special tokens, which the model must be trained with, or choose other promptTokens'
    const message = `${model} does not work with the prompt tokens ${spelled}: ${cause.message}; ${way}`
    throw new SteerflowError('STEERFLOW_TOKENIZER', message)
  }
}
