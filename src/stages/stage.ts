import type { z } from 'zod'
import type { Capabilities } from './needs.js'

/**
 * The programming model. A stage is a plain typed declaration that knows no log. It names ports, never topics;
 * `src/pipeline.ts` connects its ports to topics. There are three kinds; take the weakest that does the work:
 * - `each`: one record in, emissions out;
 * - `closingFold`: gathers the records of a partition in groups; a group emits when it closes (seal);
 * - `lastingFold`: keeps a state for each key, rebuilt from the topic's beginning at every start (trigger, launch).
 */

export type Ports = Record<string, z.ZodObject>

/** A value for a port, made by `to.port(value)`: a wrong port, or a value of another port, does not compile. */
export type Emission<P extends Ports> = {
  [K in keyof P & string]: { readonly to: K; readonly value: z.output<P[K]> }
}[keyof P & string]

/** What an emission has in common with those of other records, so that one that only repeats another can be left out. */
export interface Likeness {
  /** Name of the emission in the reason for which another was left out. */
  readonly name: string
  /** Digests of the contents that it contains; the last is that of its whole content. */
  readonly contents: readonly string[]
  /** Emissions of the same origin are never repeats of each other. */
  readonly origin: string
}

/** An emission that may turn out to repeat a part of another. */
export type Comparable<P extends Ports> = Emission<P> & { readonly likeness?: Likeness }

/** How long an emission with a likeness waits for others: for so many later records of its partition, or so long. */
export interface RepeatWait {
  readonly records: number
  readonly seconds: number
}

/** Leaves out what only repeats: of the emissions that wait at the same time, one that another contains is replaced. */
export interface Repeats<P extends Ports, Options extends z.ZodObject> {
  /** Null: nothing waits. */
  readonly wait: (options: z.output<Options>) => RepeatWait | null
  /** The emission in place of one that the emission named `by` contains. */
  readonly instead: (emission: Emission<P>, by: string) => Emission<P>
}

export type To<P extends Ports> = { readonly [K in keyof P & string]: (value: z.output<P[K]>) => Emission<P> }

export type Out<P extends Ports> = Comparable<P> | readonly Comparable<P>[]

/** The position of a record, as far as a stage may know it. */
export interface At {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since 1970, recorded by the log when the record was published. */
  readonly timestamp: number
  /** Aborted when the run stops or loses the partition; pass it to slow calls. */
  readonly signal: AbortSignal
}

/** A worked example: executed by a test, printed in the docs. */
export interface Example<In extends z.ZodObject, P extends Ports, Options extends z.ZodObject> {
  readonly title: string
  readonly given: z.output<In>
  readonly options?: z.input<Options>
  readonly expect: readonly Emission<P>[]
}

interface Declared<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly input: In
  readonly ports: P
  /** A strict object; every key has a default and a description. */
  readonly options: Options
  /** Names of the capabilities that `create` gets. It gets no others. */
  readonly needs?: readonly Need[]
}

/** The arguments of a stage's `create`. */
export interface Context<P extends Ports, Options extends z.ZodObject, Need extends keyof Capabilities = never> {
  readonly options: z.output<Options>
  readonly needs: Pick<Capabilities, Need>
  readonly to: To<P>
}

export interface EachStage<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
> extends Declared<In, P, Options, Need> {
  readonly kind: 'each'
  /** Executed by a test and printed in the docs; at least one. */
  readonly examples: readonly Example<In, P, Options>[]
  /** The capabilities with which the examples are executed. */
  readonly exampleNeeds?: () => Pick<Capabilities, Need>
  readonly create: (context: Context<P, Options, Need>) => (record: z.output<In>, at: At) => Out<P> | Promise<Out<P>>
  /** Default: no emission waits. */
  readonly repeats?: Repeats<P, Options>
}

/**
 * Declares a stage that takes one record and emits records, synchronously or asynchronously. The runtime handles
 * concurrency, order, retries, dead letters and commits.
 */
export const each = <
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  const Need extends keyof Capabilities = never,
>(
  stage: Omit<EachStage<In, P, Options, Need>, 'kind'>,
): EachStage<In, P, Options, Need> => ({ kind: 'each', ...stage })

/** Why a group closes. `idle`: everything upstream has ended. */
export type CloseReason = 'records' | 'bytes' | 'age' | 'schema' | 'idle'

/** One product of a closed group, for an operator's log: names and counts, no content of records. */
export type Made = Readonly<Record<string, string | number>>

/** A group that closes. Its emissions and the offset after its last record are committed together. */
export interface ClosingFold<In extends z.ZodObject, P extends Ports, Group> {
  /** Begins a group at its first record. Called again after a restart, since a group is a function of its records. */
  readonly open: (at: At) => Group | Promise<Group>
  /** Adds a record. */
  readonly step: (group: Group, record: z.output<In>, at: At) => void | Promise<void>
  /** The reason to close now, or null. Asked after each step and once a second; `now` is monotonic, in milliseconds. */
  readonly full: (group: Group, now: number) => CloseReason | null
  /**
   * Closes the group at `end`, the offset after its last record. Its emissions are published once. It is called again
   * after a transient failure.
   */
  readonly close: (group: Group, end: bigint, reason: CloseReason) => Promise<readonly Emission<P>[]>
  /** Describes an emission of `close` for an operator's log. */
  readonly made?: (emission: Emission<P>) => Made
  /** Discards a group that will not be closed (stop, lost partition) and removes its temporary files. */
  readonly drop: (group: Group) => Promise<void>
}

/** A long task. Its key distinguishes it from others of the same partition. */
export interface Pursuit<P extends Ports> {
  readonly key: string
  readonly run: (signal: AbortSignal) => Promise<readonly Emission<P>[]>
}

/** State of an idle flow. `sealed`: topics whose records are all in sealed shards. `now`: milliseconds since 1970. */
export interface Idle {
  readonly sealed: readonly string[]
  readonly now: number
}

/** A group that lasts. Its state is rebuilt from the topic's beginning; `act` runs once for each record. */
export interface LastingFold<In extends z.ZodObject, P extends Ports, State> {
  /** The state after a record, with the record's place in the log. Must be pure: it is repeated at every start. */
  readonly step: (state: State, record: z.output<In>, at: At) => State
  /**
   * The effects of a record, given the state after it. Its emissions are committed with the record's offset. It may be
   * repeated after a crash, so side effects need a name by which they are found again.
   */
  readonly act: (state: State, record: z.output<In>, at: At) => Promise<readonly Emission<P>[]>
  /**
   * Long tasks that a state asks for (a job that runs for hours): started when the topic is read to its end, kept while
   * the state keeps asking, repeated after a restart. Their emissions are published under the partition's claim, so that
   * a fenced process publishes none.
   */
  readonly pursue?: (state: State) => readonly Pursuit<P>[]
  /** Records to publish to the node's own input when the sources are idle. */
  readonly idle?: (state: State, idle: Idle) => readonly z.output<In>[]
  /**
   * Records to publish to the node's own input at a certain time; `now` in milliseconds since 1970. Asked about once a
   * second while the topic is read to its end. A timer publishes an ordinary input record; its effects happen when that
   * record is read. `step` must note in the state that it was published, so that it is published only once.
   */
  readonly timer?: (state: State, now: number) => readonly z.output<In>[]
}

export interface ClosingFoldStage<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group,
> extends Declared<In, P, Options, Need> {
  readonly kind: 'closing'
  readonly create: (context: Context<P, Options, Need>) => ClosingFold<In, P, Group>
}

export interface LastingFoldStage<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  State,
> extends Declared<In, P, Options, Need> {
  readonly kind: 'lasting'
  readonly key: (record: z.output<In>) => string
  /** The state of a key before its first record. */
  readonly initial: () => State
  readonly create: (context: Context<P, Options, Need>) => LastingFold<In, P, NoInfer<State>>
}

/** Declares a stage that gathers the records of a partition into groups; each group emits when it closes. */
export const closingFold = <
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Group,
  const Need extends keyof Capabilities = never,
>(
  stage: Omit<ClosingFoldStage<In, P, Options, Need, Group>, 'kind'>,
): ClosingFoldStage<In, P, Options, Need, Group> => ({ kind: 'closing', ...stage })

/** Declares a stage that keeps a state for each key, rebuilt from the topic's beginning at every start. */
export const lastingFold = <
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  State,
  const Need extends keyof Capabilities = never,
>(
  stage: Omit<LastingFoldStage<In, P, Options, Need, State>, 'kind'>,
): LastingFoldStage<In, P, Options, Need, State> => ({ kind: 'lasting', ...stage })

/** Builds `to`: one function for each port. */
export function portsOf<P extends Ports>(ports: P): To<P> {
  const makers = Object.keys(ports).map(port => [port, (value: unknown) => ({ to: port, value })])
  return Object.fromEntries(makers) as To<P>
}
