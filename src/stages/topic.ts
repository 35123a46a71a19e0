import type { z } from 'zod'

/** How long a topic keeps its records: for ever, for so many days, or the last record of each key. */
export type Retention =
  { readonly keep: 'forever' } | { readonly keep: 'days'; readonly days: number } | { readonly keep: 'latest' }

/** A named, partitioned log of records of one schema. `topics/*.yaml` and `schemas/*.json` are generated from these. */
export interface Topic<R extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly summary: string
  readonly record: R
  /** The partition key, in words and as a function: records of one key keep their order. */
  readonly key: { readonly name: string; readonly of: (record: z.output<R>) => string }
  /** Partitions unless the configuration says otherwise. */
  readonly partitions: number
  readonly retention: Retention
  /** Deepest nesting of its records; 512 where absent. */
  readonly deepest?: number
  /** The value's text on the wire; plain JSON where absent. */
  readonly write?: (record: z.output<R>) => string
}

/** Declares a topic. */
export const topic = <R extends z.ZodObject>(declared: Topic<R>): Topic<R> => declared
