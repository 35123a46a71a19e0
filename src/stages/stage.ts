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

/** A value for a port. Made by `to.port(value)`, so that a wrong port or a value of another port does not compile. */
export type Emission<P extends Ports> = {
  [K in keyof P & string]: { readonly to: K; readonly value: z.output<P[K]> }
}[keyof P & string]

export type To<P extends Ports> = { readonly [K in keyof P & string]: (value: z.output<P[K]>) => Emission<P> }

export type Out<P extends Ports> = Emission<P> | readonly Emission<P>[]

/** Where a record stands: part of what a stage may know of its input. */
export interface At {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since 1970, as the log recorded it when the record was published. */
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
  /** Strict object; every key with a default and a description. */
  readonly options: Options
  /** Names of the capabilities that `create` gets. It gets no others. */
  readonly needs?: readonly Need[]
}

/** What a stage is created with. */
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
}

/**
 * Declares a stage that takes one record and emits records. It may be sync or async. The runtime takes care of
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

/** One thing that a group became, for an operator's log: names and counts, no content of records. */
export type Made = Readonly<Record<string, string | number>>

/** A group that closes. Its emissions and the offset after its last record are committed together. */
export interface ClosingFold<In extends z.ZodObject, P extends Ports, Group> {
  /** Begins a group at the place of its first record. Called again after a restart: the group is a function of its records. */
  readonly open: (at: At) => Group | Promise<Group>
  /** Adds a record. */
  readonly step: (group: Group, record: z.output<In>, at: At) => void | Promise<void>
  /** The reason to close now, or null. Asked after each step and once a second; `now` in milliseconds of a clock that only grows. */
  readonly full: (group: Group, now: number) => CloseReason | null
  /**
   * Closes the group at `end`, the offset after its last record. Its emissions happen once. It is called again after a
   * transient failure.
   */
  readonly close: (group: Group, end: bigint, reason: CloseReason) => Promise<readonly Emission<P>[]>
  /** What an emission of `close` stands for. */
  readonly made?: (emission: Emission<P>) => Made
  /** Forgets a group that will not be closed (stop, lost partition) and removes its temporary files. */
  readonly drop: (group: Group) => Promise<void>
}

/** A long work. Its key tells it from others of the same partition. */
export interface Pursuit<P extends Ports> {
  readonly key: string
  readonly run: (signal: AbortSignal) => Promise<readonly Emission<P>[]>
}

/** What the runtime tells a lasting fold when sources are idle: the topics after which everything is sealed. */
export interface Idle {
  readonly sealed: readonly string[]
  readonly now: number
}

/** A group that lasts. Its state is rebuilt from the topic's beginning; `act` runs once for each record. */
export interface LastingFold<In extends z.ZodObject, P extends Ports, State> {
  /** The state after a record and the place where the log recorded it. It is pure, since it is repeated at every start. */
  readonly step: (state: State, record: z.output<In>, at: At) => State
  /**
   * The effects of a record, given the state after it. Its emissions are committed with the record's offset. It may be
   * repeated after a crash, so that side effects need a name of their own by which they are found again.
   */
  readonly act: (state: State, record: z.output<In>, at: At) => Promise<readonly Emission<P>[]>
  /**
   * Long works that a state asks for (a job that runs for hours): started when the topic is read to its end, kept while
   * the state keeps asking, repeated after a restart. Their emissions are published under the claim of the partition, so
   * that a fenced process publishes none.
   */
  readonly pursue?: (state: State) => readonly Pursuit<P>[]
  /** Records to publish to the node's own input when the sources are idle. */
  readonly idle?: (state: State, idle: Idle) => readonly z.output<In>[]
  /**
   * Records to publish to the node's own input because of the time; `now` in milliseconds since 1970. Asked about once a
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
  /** Makes the state of a key before its first record. */
  readonly initial: () => State
  readonly create: (context: Context<P, Options, Need>) => LastingFold<In, P, NoInfer<State>>
}

/** Declares a stage that gathers the records of a partition in groups, each of which emits when it closes. */
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

/** `to`: one emission maker for each port. */
export function portsOf<P extends Ports>(ports: P): To<P> {
  const makers = Object.keys(ports).map(port => [port, (value: unknown) => ({ to: port, value })])
  return Object.fromEntries(makers) as To<P>
}
