import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { deepest, isDeeper } from '../domain/json/json.js'
import { loosen } from '../domain/loose.js'
import type { Capabilities } from './needs.js'
import {
  type At,
  type CloseReason,
  type ClosingFold,
  type ClosingFoldStage,
  type EachStage,
  type Emission,
  type Example,
  type Comparable,
  type Idle,
  type LastingFold,
  type LastingFoldStage,
  type Likeness,
  type Made,
  type Out,
  type Ports,
  portsOf,
  type Repeats,
  type RepeatWait,
} from './stage.js'
import type { Topic } from './topic.js'

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

/** The form of a stage that the runtime drives, one for each kind of stage. */
export type Runner = EachRunner | ClosingRunner | LastingRunner

export interface EachRunner {
  readonly kind: 'each'
  /** Absent: no emission waits. */
  readonly repeats?: RepeatsRunner
  run(value: Buffer, at: At): readonly EncodedLike[] | Promise<readonly EncodedLike[]>
}

/** An encoded emission with what it has in common with others, if it is to be compared. */
export interface EncodedLike extends Encoded {
  readonly likeness?: Likeness
}

export interface RepeatsRunner {
  readonly wait: RepeatWait
  /** The emission in place of one that the emission named `by` contains. */
  instead(emission: Pick<Encoded, 'topic' | 'value'>, by: string): Encoded
}

/** The emissions of a closed group, and their description for an operator. */
export interface Closed {
  readonly emissions: readonly Encoded[]
  readonly made: readonly Made[]
}

/** `group` is the value that the stage's `open` returned. */
export interface ClosingRunner {
  readonly kind: 'closing'
  open(at: At): Promise<unknown>
  step(group: unknown, value: Buffer, at: At): Promise<void>
  full(group: unknown, now: number): CloseReason | null
  close(group: unknown, end: bigint, reason: CloseReason): Promise<Closed>
  drop(group: unknown): Promise<void>
}

/** Groups by key internally; there is one for each partition. */
export interface LastingRunner {
  readonly kind: 'lasting'
  /** Adds a record to its group's state; returns the effects of the record, to be run once. */
  step(value: Buffer, at: At): () => Promise<readonly Encoded[]>
  /** Long tasks that the groups' current states ask for. A task keeps its key for as long as the state stays the same. */
  pursuits(): readonly { readonly key: string; run(signal: AbortSignal): Promise<readonly Encoded[]> }[]
  /** Records for the node's own input, published when the sources are idle. */
  idle(idle: Idle): readonly Encoded[]
  /** Records that the clock adds to the node's own input at `now` (milliseconds since 1970). */
  timer(now: number): readonly Encoded[]
}

/** The properties of a stage that are the same wherever it is wired: for docs, checks, the graph and the configuration. */
export interface StageDeclaration {
  readonly name: string
  readonly summary: string
  readonly kind: 'each' | 'closing' | 'lasting'
  readonly input: z.ZodObject
  readonly ports: Ports
  readonly options: z.ZodObject
  readonly needs: readonly (keyof Capabilities)[]
  readonly examples: readonly Example<z.ZodObject, Ports, z.ZodObject>[]
}

/** One row of the pipeline: everything that a reader, a graph and the runtime need to know about a node. */
export interface Node {
  readonly name: string
  readonly stage: StageDeclaration
  readonly from: Topic
  readonly to: Readonly<Record<string, Topic>>
  /** Options that the pipeline fixes for this node. */
  readonly fixed: Readonly<Record<string, unknown>>
  /** The record to publish, in the same transaction, when a record of this node becomes a dead letter; null for none. */
  readonly onDeadLetter: OnDeadLetter | null
  /**
   * Starts the stage: once for each partition if it is a fold, once for the node if it is an `each`.
   * @throws STEERFLOW_CONFIG_INVALID when the options do not fit.
   */
  start(options: unknown, capabilities: Capabilities): Runner
  /** The same node between other topics; omitted topics stay. `mustFit` checks whether they fit. */
  rewired(change: { readonly from?: Topic; readonly to?: Readonly<Record<string, Topic>> }): Node
}

/** Reports dead letters to an account: its records add up only if every dead letter is counted. */
export interface OnDeadLetter {
  readonly to: Topic
  /** Null if the bytes are not a record of the node's topic. */
  record(value: Buffer, code: string): Encoded | null
}

/** Makes the record that reports a dead letter, from the record that failed and the code of its error. */
export interface DeadLetterReport<In extends z.ZodObject, Reported extends z.ZodObject> {
  readonly to: Topic<Reported>
  readonly as: (record: z.output<In>, code: string) => z.output<Reported> | null
}

export type Stage<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group,
> =
  | EachStage<In, P, Options, Need>
  | ClosingFoldStage<In, P, Options, Need, Group>
  | LastingFoldStage<In, P, Options, Need, Group>

export type TopicOf<Record> = Record extends z.ZodObject ? Topic<Record> : never

/** How a stage is wired. */
export interface Wiring<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Reported extends z.ZodObject,
> {
  readonly from: Topic<In>
  /** The topic of each port. */
  readonly to: { readonly [K in keyof P]: TopicOf<P[K]> }
  /** Options fixed here; the others come from the configuration. */
  readonly options?: Partial<z.input<Options>>
  readonly onDeadLetter?: DeadLetterReport<In, Reported> | undefined
}

/** Wires a stage between topics. A topic of another record type, or a missing or misspelt port, does not compile. */
export function node<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group = never,
  Reported extends z.ZodObject = never,
>(
  name: string,
  stage: Stage<In, P, Options, Need, Group>,
  wiring: Wiring<NoInfer<In>, NoInfer<P>, NoInfer<Options>, Reported>,
): Node {
  const { from, to, options: fixed = {}, onDeadLetter } = wiring
  const topics = to as unknown as Readonly<Record<string, Topic>>
  const read = reader(from)
  const write = (emissions: Out<P>): EncodedLike[] =>
    (Array.isArray(emissions) ? (emissions as readonly Comparable<P>[]) : [emissions as Comparable<P>]).map(
      emission => {
        const topic = topics[(emission as Partial<Comparable<P>> | undefined)?.to ?? '']
        if (!topic) throw noEmission(stage.name, emission, topics)
        return { ...encode(topic, emission.value), ...(emission.likeness && { likeness: emission.likeness }) }
      },
    )
  const { needs = [], examples = [] } = stage as { needs?: readonly Need[]; examples?: StageDeclaration['examples'] }
  return {
    name,
    stage: { ...stage, needs, examples },
    from,
    to: topics,
    fixed,
    rewired: change => {
      const changed = { from: change.from ?? from, to: { ...topics, ...change.to } }
      return node(name, stage, { ...changed, options: fixed, onDeadLetter } as unknown as typeof wiring)
    },
    onDeadLetter: onDeadLetter ? deadLetterReports(onDeadLetter, read) : null,
    start: (options, capabilities) => {
      const parsed = stage.options.safeParse({ ...(options as object), ...fixed })
      if (!parsed.success) throw invalidOptions(name, parsed.error)
      // Only the listed ones: a stage must not come to depend on a capability that it does not declare.
      const listed = Object.fromEntries(needs.map(need => [need, capabilities[need]])) as Pick<Capabilities, Need>
      const context = { options: parsed.data, needs: listed, to: portsOf(stage.ports) }
      switch (stage.kind) {
        case 'each':
          return {
            ...eachRunner(stage.create(context), read, write),
            ...repeatsRunner(stage.repeats, parsed.data, topics),
          }
        case 'closing':
          return closingRunner(stage.create(context), read, write)
        case 'lasting':
          return lastingRunner(stage, stage.create(context), read, write, value => encode(from, value))
      }
    },
  }
}

/**
 * Checks a wiring as the compiler does where types are known: the topics must hold the records of the stage.
 * @throws STEERFLOW_FLOW_INVALID
 */
export function mustFit(
  node: string,
  stage: Pick<StageDeclaration, 'name' | 'input' | 'ports'>,
  { from, to }: { readonly from: Topic; readonly to: Readonly<Record<string, Topic>> },
): void {
  const refuse = (message: string): never => {
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', `${node}: ${message}`)
  }
  if (from.record !== stage.input) {
    refuse(`${stage.name} reads ${titleOf(stage.input)}, but ${from.name} holds ${titleOf(from.record)}`)
  }
  for (const [port, topic] of Object.entries(to)) {
    const record = stage.ports[port]
    const ports = Object.keys(stage.ports).join(', ')
    if (!record) refuse(`${stage.name} has no port ${port}; it has ${ports}`)
    else if (record !== topic.record)
      refuse(`the port ${port} gives ${titleOf(record)}, but ${topic.name} holds ${titleOf(topic.record)}`)
  }
  const open = Object.keys(stage.ports).filter(port => !(port in to))
  if (open.length > 0) refuse(`the port ${open.join(', ')} of ${stage.name} leads nowhere`)
}

/** The name of a record type. */
const titleOf = (record: z.ZodObject): string => record.meta()?.title ?? 'records of another kind'

function deadLetterReports<In extends z.ZodObject, Reported extends z.ZodObject>(
  { to, as }: DeadLetterReport<In, Reported>,
  read: Read<In>,
): OnDeadLetter {
  return {
    to,
    record: (value, code) => {
      const record = readable(read, value)
      const report = record && as(record, code)
      return report && encode(to, report)
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

/** The error of a stage that returned something other than what `to` makes. */
function noEmission(stage: string, returned: unknown, ports: object): SteerflowError {
  const what = typeof returned === 'object' && returned !== null ? 'an object' : String(returned)
  const makers = Object.keys(ports).map(port => `to.${port}(…)`)
  const message = `the stage ${stage} returned ${what.slice(0, 40)}, but not what ${makers.join(' or ')} makes`
  return new SteerflowError('STEERFLOW_STAGE_FAILED', message)
}

type Read<In extends z.ZodObject> = (value: Buffer) => z.output<In>
type Write<P extends Ports> = (emissions: Out<P>) => EncodedLike[]

function repeatsRunner<P extends Ports, Options extends z.ZodObject>(
  repeats: Repeats<P, Options> | undefined,
  options: z.output<Options>,
  topics: Readonly<Record<string, Topic>>,
): { readonly repeats?: RepeatsRunner } {
  const wait = repeats?.wait(options)
  if (!repeats || !wait) return {}
  return {
    repeats: {
      wait,
      instead: (emission, by) => {
        const [port, topic] = Object.entries(topics).find(([, { name }]) => name === emission.topic)!
        const { to, value } = repeats.instead({ to: port, value: reader(topic)(emission.value) } as Emission<P>, by)
        return encode(topics[to]!, value)
      },
    },
  }
}

function eachRunner<In extends z.ZodObject, P extends Ports>(
  run: (record: z.output<In>, at: At) => Out<P> | Promise<Out<P>>,
  read: Read<In>,
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

function closingRunner<In extends z.ZodObject, P extends Ports, Group>(
  fold: ClosingFold<In, P, Group>,
  read: Read<In>,
  write: Write<P>,
): ClosingRunner {
  return {
    kind: 'closing',
    open: async at => fold.open(at),
    step: async (group, value, at) => fold.step(group as Group, read(value), at),
    full: (group, now) => fold.full(group as Group, now),
    close: async (group, end, reason) => {
      const emissions = await fold.close(group as Group, end, reason)
      return { emissions: write(emissions), made: fold.made ? emissions.map(fold.made) : [] }
    },
    drop: group => fold.drop(group as Group),
  }
}

function lastingRunner<In extends z.ZodObject, P extends Ports, State>(
  stage: { readonly key: (record: z.output<In>) => string; readonly initial: () => State },
  fold: LastingFold<In, P, State>,
  read: Read<In>,
  write: Write<P>,
  again: (value: z.output<In>) => Encoded,
): LastingRunner {
  const states = new Map<string, State>()
  return {
    kind: 'lasting',
    step: (value, at) => {
      const record = read(value)
      const key = stage.key(record)
      const state = fold.step(states.has(key) ? states.get(key)! : stage.initial(), record, at)
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

/** Decodes a record of a topic with the loose form of its schema, which keeps unknown fields. */
export function reader<R extends z.ZodObject>(topic: Topic<R>): (value: Buffer) => z.output<R> {
  const schema = loosen(topic.record)
  return value => {
    const parsed = schema.safeParse(parseJson(topic, value))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') || 'the record'
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${topic.name}: ${where}: ${issue?.message ?? 'invalid'}`)
  }
}

function parseJson({ name, deepest: most = deepest.value }: Topic, value: Buffer): unknown {
  try {
    const text = utf8.decode(value)
    if (!isDeeper(text, most)) return JSON.parse(text)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${name}: not JSON in UTF-8`, { cause })
  }
  throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${name}: nested deeper than ${most} levels`)
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
