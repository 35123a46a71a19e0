import type { Log, LogFeatures } from '../../src/runtime/log.js'

/** How a worker process opens the same log: a compiled module, the function it exports, and the function's argument. */
export interface Connection {
  readonly module: string
  readonly open: string
  readonly options: unknown
}

/** One log of its own, empty at first, that several processes may open. */
export interface Place {
  readonly connection: Connection
  open(): Promise<Log>
  /** With a budget for records in bytes, and how long writers wait for room. */
  openSmall?(maxBytes: number, waitMs: number): Promise<Log>
  /** Removes the log. */
  dispose(): Promise<void>
}

/** An adapter, as the conformance suite sees it. */
export interface LogUnderTest {
  readonly features: LogFeatures
  /** Whether the adapter keeps a disk budget of its own, so that places have `openSmall`. */
  readonly hasBudget: boolean
  place(): Promise<Place>
  /** Deletes the records of `topic` that retention lets go, as if they were older than it keeps them. */
  expire(log: Log, topic: string): Promise<void>
}

/** A promise of the interface as tests: one file each, run for every adapter. */
export type Property = (log: LogUnderTest) => void
