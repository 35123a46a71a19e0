import { z } from 'zod'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { TokenRow } from '../../domain/mask/token-row.js'
import type { TokenizerKind } from './file-kind.js'

/**
 * The result wanted for each conversation: the index of the first learnt token, or the row of tokens and labels for a
 * trainer, of at most `maxTokens`.
 */
export type MaskQuestion = { readonly ask: 'first-learnt' } | { readonly ask: 'row'; readonly maxTokens: number }

export interface ThreadOptions {
  readonly model: string
  readonly kind: TokenizerKind
  readonly tokens: PromptTokens
  readonly question: MaskQuestion
}

export type ThreadRequest = readonly MaskInput[]

/** The first learnt token (null if there is none), or a row. */
const ThreadAnswer = z.union([z.int().nonnegative(), z.null(), TokenRow])
export type ThreadAnswer = z.output<typeof ThreadAnswer>

/** In how many tokens each prompt token is spelt. */
const SpeltTokens = z.strictObject({ system: z.int(), turn: z.int(), label: z.int() })
export type SpeltTokens = z.output<typeof SpeltTokens>

/** Codes of errors that a thread reports; others are faults of the program. */
export const ThreadCode = z.enum(['STEERFLOW_TOKENIZER', 'STEERFLOW_PACKAGE_MISSING', 'STEERFLOW_BUG'])

/**
 * A message of a thread: its model is loaded, its error, or the results of the oldest open request (an answer for each
 * conversation, or the rule that it breaks).
 */
export const ThreadReply = z.union([
  z.strictObject({ ready: SpeltTokens }),
  z.strictObject({ code: ThreadCode, message: z.string() }),
  z.strictObject({ results: z.array(z.union([ThreadAnswer, z.string()])) }),
])
export type ThreadReply = z.output<typeof ThreadReply>
