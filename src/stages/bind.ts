import { type z } from 'zod'
import { loosen } from '../domain/loose.js'
import { SteerflowError } from '../domain/errors.js'
import { type Capabilities } from './needs.js'
import {
  type At,
  type ClosingFoldStage,
  type CloseReason,
  type EachStage,
  type Emission,
  type Idle,
  type Made,
  type LastingFoldStage,
  type Ports,
  portsOf,
} from './stage.js'
import { type Topic } from './topic.js'

/**
 * A node is a stage wired between topics. Record types end here: the runtime sees bytes in, bytes out, and never a type
 * parameter.
 */

/** A record to publish, encoded for the wire. */
export interface Encoded {
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
}

/** What the runtime drives, one for each way of gathering records. */
export type Runner = EachRunner | ClosingRunner | LastingRunner

export interface EachRunner {
  readonly kind: 'each'
  run(value: Buffer, at: At): readonly Encoded[] | Promise<readonly Encoded[]>
}

/** What a closed group emits, and what that is, for an operator. */
export interface Closed {
  readonly emissions: readonly Encoded[]
  readonly made: readonly Made[]
}

/** `group` is whatever the stage's `open` returned. */
export interface ClosingRunner {
  readonly kind: 'closing'
  open(at: At): Promise<unknown>
  step(group: unknown, value: Buffer, at: At): Promise<void>
  full(group: unknown, now: number): CloseReason | null
  close(group: unknown, end: bigint, reason: CloseReason): Promise<Closed>
  drop(group: unknown): Promise<void>
}

/** Groups by key inside; one of these a partition. */
export interface LastingRunner {
  readonly kind: 'lasting'
  /** Adds a record to its group's state; returns what the record causes, to be run once. */
  step(value: Buffer, at: At): () => Promise<readonly Encoded[]>
  /** Long works that the groups' present states ask for, by a key that stays the same while the state does. */
  pursuits(): readonly { readonly key: string; run(signal: AbortSignal): Promise<readonly Encoded[]> }[]
  /** Records for the own input, since the sources are idle. */
  idle(idle: Idle): readonly Encoded[]
  /** Records for the own input, since it is so late; `now` in milliseconds since 1970. */
  timer(now: number): readonly Encoded[]
}

/** One row of the pipeline: everything a reader, a graph and the runtime need to know of a node. */
export interface Node {
  readonly name: string
  readonly stage: string
  readonly summary: string
  readonly groups: 'none' | 'closing' | 'lasting'
  readonly from: Topic
  readonly to: Readonly<Record<string, Topic>>
  readonly options: z.ZodObject
  /** Options that the pipeline fixes for this node. */
  readonly fixed: Readonly<Record<string, unknown>>
  /** What else is recorded, in the same transaction, when a record of this node becomes a dead letter; null: nothing. */
  readonly lost: Lost | null
  /**
   * Starts the stage. One a partition for folds; one a node for `each`.
   * @throws STEERFLOW_CONFIG_INVALID when the options do not fit.
   */
  start(options: unknown, capabilities: Capabilities): Runner
}

/** Tells of dead letters to those who count: an account of records that must add up has to know of each that is lost. */
export interface Lost {
  readonly to: Topic
  /** Null where the bytes are no record of the node's topic: nobody can tell what was lost. */
  record(value: Buffer, code: string): Encoded | null
}

/** The record of `to` that stands for a lost record of a node, and the code of the error that it was lost by. */
export interface LostAs<I extends z.ZodObject, R extends z.ZodObject> {
  readonly to: Topic<R>
  readonly as: (record: z.output<I>, code: string) => z.output<R> | null
}

type AnyStage<I extends z.ZodObject, P extends Ports, O extends z.ZodObject, N, G> =
  EachStage<I, P, O, N> | ClosingFoldStage<I, P, O, N, G> | LastingFoldStage<I, P, O, N, G>

type TopicOf<R> = R extends z.ZodObject ? Topic<R> : never

/**
 * Wires a stage between topics. A topic of another record, a missing or misspelt port and a missing capability do not
 * compile.
 */
export function bind<
  I extends z.ZodObject,
  P extends Ports,
  O extends z.ZodObject,
  N,
  G = never,
  R extends z.ZodObject = never,
>(
  name: string,
  stage: AnyStage<I, P, O, N, G>,
  from: Topic<I>,
  to: { readonly [K in keyof P]: TopicOf<P[K]> },
  needs: (capabilities: Capabilities) => NoInfer<N>,
  fixed: Partial<z.input<O>> = {},
  lost: LostAs<I, R> | null = null,
): Node {
  const topics = to as unknown as Readonly<Record<string, Topic>>
  const read = reader(from)
  const write = (emissions: Emission<P> | readonly Emission<P>[]): Encoded[] =>
    (Array.isArray(emissions) ? (emissions as readonly Emission<P>[]) : [emissions as Emission<P>]).map(emission =>
      encode(topics[emission.to]!, emission.value),
    )
  return {
    name,
    stage: stage.name,
    summary: stage.summary,
    groups: stage.kind === 'each' ? 'none' : stage.groups,
    from: from,
    to: topics,
    options: stage.options,
    fixed: fixed,
    lost: lost && lostRecords(lost, read),
    start: (options, capabilities) => {
      const parsed = stage.options.safeParse({ ...(options as object), ...fixed })
      if (!parsed.success) throw invalidOptions(name, parsed.error)
      const context = { options: parsed.data, needs: needs(capabilities), to: portsOf(stage.ports) }
      if (stage.kind === 'each') return eachRunner(stage.create(context), read, write)
      if (stage.groups === 'closing') return closingRunner(stage.create(context), read, write)
      return lastingRunner(stage, stage.create(context), read, write, value => encode(from as unknown as Topic, value))
    },
  }
}

function lostRecords<I extends z.ZodObject, R extends z.ZodObject>({ to, as }: LostAs<I, R>, read: Read<I>): Lost {
  return {
    to: to,
    record: (value, code) => {
      const record = readable(read, value)
      const lost = record && as(record, code)
      return lost && encode(to, lost)
    },
  }
}

function readable<T>(read: (value: Buffer) => T, value: Buffer): T | null {
  try {
    return read(value)
  } catch {
    return null
  }
}

type Read<I extends z.ZodObject> = (value: Buffer) => z.output<I>
type Write<P extends Ports> = (emissions: Emission<P> | readonly Emission<P>[]) => Encoded[]

function eachRunner<I extends z.ZodObject, P extends Ports>(
  run: (
    record: z.output<I>,
    at: At,
  ) => Emission<P> | readonly Emission<P>[] | Promise<Emission<P> | readonly Emission<P>[]>,
  read: Read<I>,
  write: Write<P>,
): EachRunner {
  return {
    kind: 'each',
    run: (value, at) => {
      const out = run(read(value), at)
      return out instanceof Promise ? out.then(write) : write(out)
    },
  }
}

function closingRunner<I extends z.ZodObject, P extends Ports, G>(
  fold: ReturnType<ClosingFoldStage<I, P, z.ZodObject, unknown, G>['create']>,
  read: Read<I>,
  write: Write<P>,
): ClosingRunner {
  return {
    kind: 'closing',
    open: async at => fold.open(at),
    step: async (group, value, at) => fold.step(group as G, read(value), at),
    full: (group, now) => fold.full(group as G, now),
    close: async (group, end, reason) => {
      const emissions = await fold.close(group as G, end, reason)
      return { emissions: write(emissions), made: fold.made ? emissions.map(fold.made) : [] }
    },
    drop: group => fold.drop(group as G),
  }
}

function lastingRunner<I extends z.ZodObject, P extends Ports, G>(
  stage: { readonly key: (record: z.output<I>) => string },
  fold: ReturnType<LastingFoldStage<I, P, z.ZodObject, unknown, G>['create']>,
  read: Read<I>,
  write: Write<P>,
  again: (value: z.output<I>) => Encoded,
): LastingRunner {
  const states = new Map<string, G>()
  return {
    kind: 'lasting',
    step: (value, at) => {
      const record = read(value)
      const key = stage.key(record)
      const state = fold.step(states.get(key) ?? fold.open(), record, at)
      states.set(key, state)
      return async () => write(await fold.act(state, record, at))
    },
    pursuits: () =>
      [...states.values()].flatMap(state =>
        (fold.pursue?.(state) ?? []).map(pursuit => ({
          key: pursuit.key,
          run: async (signal: AbortSignal) => write(await pursuit.run(signal)),
        })),
      ),
    idle: idle => [...states.values()].flatMap(state => fold.idle?.(state, idle) ?? []).map(again),
    timer: now => [...states.values()].flatMap(state => fold.timer?.(state, now) ?? []).map(again),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Decodes a record of a topic with the loose form of its schema. */
export function reader<R extends z.ZodObject>(topic: Topic<R>): (value: Buffer) => z.output<R> {
  const schema = loosen(topic.record)
  return value => {
    const parsed = schema.safeParse(parseJson(topic.name, value))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') || 'the record'
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${topic.name}: ${where}: ${issue?.message ?? 'invalid'}`)
  }
}

function parseJson(topic: string, value: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(value))
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${topic}: not JSON in UTF-8`, { cause })
  }
}

/** Encodes a record of a topic. */
export function encode<R extends z.ZodObject>(topic: Topic<R>, value: z.output<R>): Encoded {
  const text = topic.write ? topic.write(value) : JSON.stringify(value)
  return { topic: topic.name, key: Buffer.from(topic.key.of(value), 'utf8'), value: Buffer.from(text, 'utf8') }
}

function invalidOptions(node: string, error: z.ZodError): SteerflowError {
  const issue = error.issues[0]
  const key = [node, ...(issue?.path ?? [])].join('.')
  return new SteerflowError('STEERFLOW_CONFIG_INVALID', `${key}: ${issue?.message ?? 'invalid'}`)
}
