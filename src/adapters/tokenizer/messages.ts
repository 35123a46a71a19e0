import { z } from 'zod'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { type MaskInput } from '../../domain/mask/input.js'

/** What a tokenizer thread is started with. */
export interface ThreadOptions {
  readonly model: string
  readonly tokens: PromptTokens
}

/** Conversations to be masked. */
export type Request = readonly MaskInput[]

/**
 * What a thread says: that its model is loaded, why it cannot go on, or the results of the oldest request without one (the
 * index of the first learnt token, or the rule that was broken).
 */
export const Reply = z.union([
  z.strictObject({ ready: z.literal(true) }),
  z.strictObject({ code: z.enum(['STEERFLOW_TOKENIZER', 'STEERFLOW_BUG']), message: z.string() }),
  z.strictObject({ results: z.array(z.union([z.int().nonnegative(), z.null(), z.string()])) }),
])
export type Reply = z.output<typeof Reply>
