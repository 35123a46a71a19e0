import { type z } from 'zod'

/**
 * The programming model. A stage is a plain typed declaration with no log in it; it names ports, never topics, and
 * `src/pipeline.ts` binds its ports to topics. Two powers, the weaker preferred:
 * - `each`: one record in, emissions out;
 * - `fold`: records gathered in groups. A *closing* group gathers the records of a partition and emits when it closes
 *   (seal); a *lasting* group gathers the records of a key, never closes, and is rebuilt from the topic's beginning at
 *   every start (trigger, launch).
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
export interface Example<I extends z.ZodObject, P extends Ports, O extends z.ZodObject> {
  readonly title: string
  readonly given: z.output<I>
  readonly options?: z.input<O>
  readonly expect: readonly Emission<P>[]
}

interface Declared<I extends z.ZodObject, P extends Ports, O extends z.ZodObject> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly input: I
  readonly ports: P
  /** Strict object; every key with a default and a description. */
  readonly options: O
}

export interface Context<P extends Ports, O extends z.ZodObject, N> {
  readonly options: z.output<O>
  readonly needs: N
  readonly to: To<P>
}

export interface EachStage<I extends z.ZodObject, P extends Ports, O extends z.ZodObject, N> extends Declared<I, P, O> {
  readonly kind: 'each'
  /** What an example's `needs` are when it is executed. */
  readonly examples: readonly Example<I, P, O>[]
  readonly exampleNeeds?: () => N
  readonly create: (context: Context<P, O, N>) => (record: z.output<I>, at: At) => Out<P> | Promise<Out<P>>
}

/**
 * Declares a stage of one record in, emissions out. Sync or async; concurrency, order, retry, dead letters and commit
 * are the runtime's.
 */
export const each =
  <N = unknown>() =>
  <I extends z.ZodObject, P extends Ports, O extends z.ZodObject>(
    stage: Omit<EachStage<I, P, O, N>, 'kind'>,
  ): EachStage<I, P, O, N> => ({ kind: 'each', ...stage })

/** Why a group closes. `idle`: everything upstream has ended. */
export type CloseReason = 'records' | 'bytes' | 'age' | 'schema' | 'idle'

/** One thing that a group became, for an operator's log: names and counts, nothing of a record's content. */
export type Made = Readonly<Record<string, string | number>>

/** A group that closes: what is emitted and the offset behind its last record are committed together. */
export interface ClosingFold<I extends z.ZodObject, P extends Ports, G> {
  /** Begins a group with its first record's place. Called again after a restart: the group is a function of its records. */
  readonly open: (at: At) => G | Promise<G>
  /** Adds a record. */
  readonly step: (group: G, record: z.output<I>, at: At) => void | Promise<void>
  /** Whether to close, asked after each step and once a second; `now` in milliseconds since 1970. */
  readonly full: (group: G, now: number) => CloseReason | null
  /**
   * Closes the group at `end`, the offset behind its last record. Its emissions happen once. It is called again after a
   * transient failure.
   */
  readonly close: (group: G, end: bigint, reason: CloseReason) => Promise<readonly Emission<P>[]>
  /** What an emission of `close` stands for. */
  readonly made?: (emission: Emission<P>) => Made
  /** Forgets a group that will not be closed (stop, lost partition): temporary files are removed. */
  readonly drop: (group: G) => Promise<void>
}

/** A long work with a key that tells it from others of the same partition. */
export interface Pursuit<P extends Ports> {
  readonly key: string
  readonly run: (signal: AbortSignal) => Promise<readonly Emission<P>[]>
}

/** What the runtime tells a lasting fold when sources are idle: the topics behind which everything is sealed. */
export interface Idle {
  readonly sealed: readonly string[]
  readonly now: number
}

/** A group that lasts: its state is rebuilt from the topic's beginning; `act` runs once a record. */
export interface LastingFold<I extends z.ZodObject, P extends Ports, G> {
  readonly open: () => G
  /** The state after a record and the place where the log recorded it: pure, since it is repeated at every start. */
  readonly step: (state: G, record: z.output<I>, at: At) => G
  /**
   * What a record causes, given the state after it. Its emissions are committed with the record's offset. It may be
   * repeated after a crash, so that side effects need a name of their own by which they are found again.
   */
  readonly act: (state: G, record: z.output<I>, at: At) => Promise<readonly Emission<P>[]>
  /**
   * Long works that a state asks for (a job that runs for hours): started when the topic is read to its end, kept while
   * the state keeps asking, repeated after a restart. Their emissions are published under the claim of the partition, so
   * that a fenced process publishes none.
   */
  readonly pursue?: (state: G) => readonly Pursuit<P>[]
  /** Records to publish to the own input when the sources are idle. */
  readonly idle?: (state: G, idle: Idle) => readonly z.output<I>[]
  /**
   * Records to publish to the own input because of the time, `now` in milliseconds since 1970. Asked about once a second
   * while the topic is read to its end. A timer is an input like any other: what it causes, the record causes when it is
   * read, and that it was published says the state, so that it is not published again.
   */
  readonly timer?: (state: G, now: number) => readonly z.output<I>[]
}

interface FoldDeclared<I extends z.ZodObject, P extends Ports, O extends z.ZodObject> extends Declared<I, P, O> {
  readonly kind: 'fold'
}

export interface ClosingFoldStage<
  I extends z.ZodObject,
  P extends Ports,
  O extends z.ZodObject,
  N,
  G,
> extends FoldDeclared<I, P, O> {
  readonly groups: 'closing'
  readonly create: (context: Context<P, O, N>) => ClosingFold<I, P, G>
}

export interface LastingFoldStage<
  I extends z.ZodObject,
  P extends Ports,
  O extends z.ZodObject,
  N,
  G,
> extends FoldDeclared<I, P, O> {
  readonly groups: 'lasting'
  readonly key: (record: z.output<I>) => string
  readonly create: (context: Context<P, O, N>) => LastingFold<I, P, G>
}

type FoldInput<S> = Omit<S, 'kind'>

interface FoldBuilder<N> {
  <I extends z.ZodObject, P extends Ports, O extends z.ZodObject, G>(
    stage: FoldInput<ClosingFoldStage<I, P, O, N, G>>,
  ): ClosingFoldStage<I, P, O, N, G>
  <I extends z.ZodObject, P extends Ports, O extends z.ZodObject, G>(
    stage: FoldInput<LastingFoldStage<I, P, O, N, G>>,
  ): LastingFoldStage<I, P, O, N, G>
}

/** Declares a stage that gathers records in groups by a key. */
export const fold = <N = unknown>(): FoldBuilder<N> =>
  ((stage: object) => ({ kind: 'fold', ...stage })) as unknown as FoldBuilder<N>

/** `to`: one emission maker a port. */
export function portsOf<P extends Ports>(ports: P): To<P> {
  const makers = Object.keys(ports).map(port => [port, (value: unknown) => ({ to: port, value })])
  return Object.fromEntries(makers) as To<P>
}
