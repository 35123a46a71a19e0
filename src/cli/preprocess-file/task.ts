import type { ConversationType } from '../../domain/conversation.js'
import type { ErrorCode } from '../../domain/errors.js'
import type { FanoutBounds } from '../../domain/fanout.js'
import type { recipes } from '../../domain/oasst/recipe.js'

/** Start-up data of a worker thread. */
export interface WorkerSettings {
  readonly path: string
  readonly recipe: keyof typeof recipes
  readonly mask: string
  readonly type: ConversationType
  readonly bounds: FanoutBounds
}

/** Lines to convert, in this order. */
export interface Task {
  /** Index of each line in the file, from 0. */
  readonly lines: Uint32Array<ArrayBuffer>
  readonly offsets: Float64Array<ArrayBuffer>
  readonly lengths: Float64Array<ArrayBuffer>
}

/** A line that could not be converted. */
export interface Reject {
  /** Number of the line, from 1. */
  readonly line: number
  readonly code: ErrorCode
  readonly reason: string
}

/** Result of a task. */
export interface TaskResult {
  /** The output's bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly records: number
  readonly rejects: readonly Reject[]
  readonly langs: readonly string[]
}
