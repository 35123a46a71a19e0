import { z } from 'zod'
import { type ErrorCode, errorTable } from '../../domain/errors.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'

/** What the server thread is started with. */
export interface ServerThreadOptions {
  readonly modelPath: string
  readonly host: string
  /** The ports to try, in order; 0 is any free one. */
  readonly ports: readonly number[]
  readonly tokens: PromptTokens
  /** What a request has to show, null for anyone. */
  readonly token: string | null
}

/** What the thread says once: where it listens and with which model, or why it cannot. */
export const PredictionReply = z.union([
  z.strictObject({ port: z.int().positive(), digest: z.string() }),
  z.strictObject({ code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]), message: z.string() }),
])
export type PredictionReply = z.output<typeof PredictionReply>
