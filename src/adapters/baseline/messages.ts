import { z } from 'zod'
import { type ErrorCode, errorTable } from '../../domain/errors.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'

export interface ServerThreadOptions {
  readonly modelPath: string
  readonly host: string
  /** The ports to try, in order; 0 is any free one. */
  readonly ports: readonly number[]
  readonly tokens: PromptTokens
  /** The token that requests must have; null: none. */
  readonly token: string | null
}

/** The only message of the thread: its port and model, or its error. */
export const PredictionReply = z.union([
  z.strictObject({ port: z.int().positive(), digest: z.string() }),
  z.strictObject({ code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]), message: z.string() }),
])
export type PredictionReply = z.output<typeof PredictionReply>
