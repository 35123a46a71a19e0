import { z } from 'zod'
import { type ErrorCode, errorTable } from '../../domain/errors.js'

export interface NearThreadOptions {
  /** The data folder. */
  readonly root: string
  readonly dataset: string
  /** The digest of the snapshot. */
  readonly snapshot: string
  /** The file to create; it must not exist. */
  readonly path: string
  readonly key: string
}

/** Bytes of a snapshot read so far, and in all. */
const Progress = z.strictObject({ bytes: z.int(), of: z.int() })
export type NearProgress = z.output<typeof Progress>

/** A message of the thread: its progress, its success, or its error. */
export const NearThreadReply = z.union([
  Progress,
  z.strictObject({ done: z.literal(true) }),
  z.strictObject({ code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]), message: z.string() }),
])
export type NearThreadReply = z.output<typeof NearThreadReply>
