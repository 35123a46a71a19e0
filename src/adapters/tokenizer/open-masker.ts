import { digest } from '../../domain/digest.js'
import { SteerflowError } from '../../domain/errors.js'
import type { MaskInput } from '../../domain/mask/input.js'
import type { TokenRow } from '../../domain/mask/token-row.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { Masker } from '../../stages/needs.js'
import type { TokenizerKind } from './file-kind.js'
import type { SpeltTokens, ThreadAnswer } from './messages.js'
import { openThreads } from './open-threads.js'

export interface MaskerOptions {
  /** Path of a tokenizer.json, or of a SentencePiece .model file. */
  readonly model: string
  readonly tokens: PromptTokens
  /** Worker threads, each with the model in its memory (some 60 MB, and 10 times its file for a tokenizer.json). */
  readonly threads: number
}

export interface OpenMasker extends Masker {
  readonly kind: TokenizerKind
  readonly spelt: SpeltTokens
  close(): Promise<void>
}

const unasked = (): never => {
  throw new SteerflowError('STEERFLOW_BUG', 'a tokenizer thread returned another kind of result')
}

const isRow = (answer: ThreadAnswer): answer is TokenRow => typeof answer === 'object' && answer !== null

/**
 * Computes where the loss of conversations begins, in worker threads.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_TOKENIZER, STEERFLOW_PACKAGE_MISSING, as `openThreads`
 */
export async function openMasker({ model, tokens, threads }: MaskerOptions): Promise<OpenMasker> {
  const asked = await openThreads({ model, tokens, question: { ask: 'first-learnt' } }, threads)
  return {
    digest: digest(asked.bytes, tokens.system, tokens.turn, tokens.label),
    kind: asked.kind,
    spelt: asked.spelt,
    firstLearnt: async input => {
      const answer = await asked.ask(input)
      return isRow(answer) ? unasked() : answer
    },
    close: () => asked.close(),
  }
}

/** Converts conversations to rows of tokens and labels. */
export interface RowEncoder {
  /** Digest of the tokenizer model and the prompt tokens. */
  readonly digest: string
  /** @throws STEERFLOW_UNMASKABLE if the conversation violates a rule of the trainer's loader. */
  row(input: MaskInput): Promise<TokenRow>
  close(): Promise<void>
}

/**
 * Computes rows for training, of at most `maxTokens` each, in worker threads, with the same masks as `openMasker`.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_TOKENIZER, STEERFLOW_PACKAGE_MISSING, as `openThreads`
 */
export async function openRowEncoder({
  model,
  tokens,
  threads,
  maxTokens,
}: MaskerOptions & { readonly maxTokens: number }): Promise<RowEncoder> {
  const asked = await openThreads({ model, tokens, question: { ask: 'row', maxTokens } }, threads)
  return {
    digest: digest(asked.bytes, tokens.system, tokens.turn, tokens.label),
    row: async input => {
      const answer = await asked.ask(input)
      return isRow(answer) ? answer : unasked()
    },
    close: () => asked.close(),
  }
}
