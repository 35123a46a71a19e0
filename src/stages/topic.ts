import type { z } from 'zod'

/** How long a topic keeps its records: forever, for a number of days, or only the last record of each key. */
export type Retention =
  { readonly keep: 'forever' } | { readonly keep: 'days'; readonly days: number } | { readonly keep: 'latest' }

/** A named, partitioned log of records of one schema. */
export interface Topic<R extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly summary: string
  readonly record: R
  /** The partition key, in words and as a function; records with the same key keep their order. */
  readonly key: { readonly name: string; readonly of: (record: z.output<R>) => string }
  /** The number of partitions, unless the configuration says otherwise. */
  readonly partitions: number
  readonly retention: Retention
  /** The maximum nesting of its records; 512 if absent. */
  readonly deepest?: number
  /** Writes a record as text for the wire; plain JSON if absent. */
  readonly write?: (record: z.output<R>) => string
}

/** Declares a topic. */
export const topic = <R extends z.ZodObject>(declared: Topic<R>): Topic<R> => declared
