import { z } from 'zod'
import { type ErrorCode, errorTable } from '../../domain/errors.js'

/** What the thread that makes a file of signatures is started with. */
export interface NearThreadOptions {
  /** The data folder. */
  readonly root: string
  readonly dataset: string
  /** The digest of the snapshot. */
  readonly snapshot: string
  /** The file to make; it must not exist. */
  readonly path: string
  readonly key: string
}

/** How far the reading of a snapshot is. */
const Progress = z.strictObject({ bytes: z.int(), of: z.int() })
export type NearProgress = z.output<typeof Progress>

/** What the thread says: how far it is, that it is done, or why it cannot be. */
export const NearThreadReply = z.union([
  Progress,
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]), message: z.string() }),
])
export type NearThreadReply = z.output<typeof NearThreadReply>
