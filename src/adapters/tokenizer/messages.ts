import { z } from 'zod'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { TokenRow } from '../../domain/mask/token-row.js'

/**
 * What is asked of each conversation: the index of the first token that is learnt, or the row of tokens and labels that a
 * trainer takes as it is, of at most `maxTokens`.
 */
export type MaskQuestion = { readonly ask: 'first-learnt' } | { readonly ask: 'row'; readonly maxTokens: number }

/** What a tokenizer thread is started with. */
export interface ThreadOptions {
  readonly model: string
  readonly tokens: PromptTokens
  readonly question: MaskQuestion
}

/** Conversations to be masked. */
export type ThreadRequest = readonly MaskInput[]

/** The first learnt token (null when none is), or a row. */
const ThreadAnswer = z.union([z.int().nonnegative(), z.null(), TokenRow])
export type ThreadAnswer = z.output<typeof ThreadAnswer>

/**
 * What a thread says: that its model is loaded, why it cannot go on, or the results of the oldest request without one (an
 * answer each, or the rule that was broken).
 */
export const ThreadReply = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ code: z.enum(['STEERFLOW_TOKENIZER', 'STEERFLOW_BUG']), message: z.string() }),
  z.strictObject({ results: z.array(z.union([ThreadAnswer, z.string()])) }),
])
export type ThreadReply = z.output<typeof ThreadReply>
