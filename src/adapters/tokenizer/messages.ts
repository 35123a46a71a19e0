import { z } from 'zod'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { TokenRow } from '../../domain/mask/token-row.js'

/**
 * The result wanted for each conversation: the index of the first learnt token, or the row of tokens and labels for a
 * trainer, of at most `maxTokens`.
 */
export type MaskQuestion = { readonly ask: 'first-learnt' } | { readonly ask: 'row'; readonly maxTokens: number }

export interface ThreadOptions {
  readonly model: string
  readonly tokens: PromptTokens
  readonly question: MaskQuestion
}

export type ThreadRequest = readonly MaskInput[]

/** The first learnt token (null if there is none), or a row. */
const ThreadAnswer = z.union([z.int().nonnegative(), z.null(), TokenRow])
export type ThreadAnswer = z.output<typeof ThreadAnswer>

/**
 * A message of a thread: its model is loaded, its error, or the results of the oldest open request (an answer for each
 * conversation, or the rule that it breaks).
 */
export const ThreadReply = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ code: z.enum(['STEERFLOW_TOKENIZER', 'STEERFLOW_BUG']), message: z.string() }),
  z.strictObject({ results: z.array(z.union([ThreadAnswer, z.string()])) }),
])
export type ThreadReply = z.output<typeof ThreadReply>
