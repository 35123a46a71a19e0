import type { z } from 'zod'
import type { OwnProtocol } from './adapters/inference/protocols/own.js'
import { type Protocols, protocols } from './adapters/inference/protocols/protocols.js'
import { exportFormats } from './adapters/export/formats.js'
import { SteerflowError } from './domain/errors.js'
import type { ExportFormat } from './domain/export/export-format.js'
import type { SourceFormat } from './domain/formats/format.js'
import { sourceFormats } from './domain/formats/index.js'
import { mustBeExportFormats, mustBeSourceFormats, protocolsWith, trainersWith } from './flow-parts.js'
import type { Trainer } from './trainers/trainer.js'
import { trainers } from './trainers/trainers.js'
import { isRelabelNode, pipeline, stagesOf } from './pipeline.js'
import type { Capabilities } from './stages/needs.js'
import { mustFit, node, type Node, type Stage, type StageDeclaration, type TopicOf } from './stages/node.js'
import type { Ports } from './stages/stage.js'
import type { Topic } from './stages/topic.js'
import { topics } from './topics.js'

/** What a flow is made of. */
export interface FlowParts {
  /** In the order of the flow. */
  readonly nodes: readonly Node[]
  /** Topics whose records have a schema, in the order of the flow; those that only nodes name are added. */
  readonly topics: readonly Topic[]
  /** The forms in which conversations come, in the order in which they are tried. */
  readonly formats: readonly SourceFormat[]
  /** What inference servers may speak, by the names of the configuration. */
  readonly protocols: Protocols
  /** What may be trained on datasets. */
  readonly trainers: readonly Trainer[]
  /** What `datasets export` writes. */
  readonly exports: readonly ExportFormat[]
}

/** How a stage is put between a node and a topic. */
export interface Insertion<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group,
  Port extends keyof P,
> {
  /** The name of the new node: its consumer group. */
  readonly name: string
  readonly stage: Stage<In, P, Options, Need, Group>
  /** The port whose records go on along the flow. */
  readonly port: Port
  /** The new topic between the two nodes. */
  readonly through: Topic
  /** Where the other ports lead. */
  readonly to?: { readonly [K in Exclude<keyof P, Port>]: TopicOf<P[K]> }
  /** Options that are fixed here; all others come from the configuration, in the section of the stage's name. */
  readonly options?: Partial<z.input<Options>>
}

/**
 * A pipeline with everything that belongs to it. Each command works on the flow that its configuration names. A flow never
 * changes: every method gives another one.
 */
export class Flow implements FlowParts {
  readonly nodes: readonly Node[]
  readonly topics: readonly Topic[]
  readonly formats: readonly SourceFormat[]
  readonly protocols: Protocols
  readonly trainers: readonly Trainer[]
  readonly exports: readonly ExportFormat[]

  /**
   * @param origin the file that defines it; empty: it is the one that is built in
   * @throws STEERFLOW_FLOW_INVALID when two parts of a kind have one name, or a node and a topic do not fit
   */
  constructor(
    readonly origin: string,
    parts: FlowParts,
  ) {
    this.nodes = parts.nodes
    this.topics = allTopics(parts)
    this.formats = mustBeSourceFormats(parts.formats)
    this.protocols = parts.protocols
    this.trainers = parts.trainers
    this.exports = mustBeExportFormats(parts.exports)
    for (const { name, stage, from, to } of this.nodes) mustFit(name, stage, { from, to })
    const twice = this.nodes.find(({ name }, at) => this.nodes.findIndex(one => one.name === name) !== at)
    if (twice) throw invalid(`two nodes are called ${twice.name}; the name is the consumer group of a node`)
    const odd = this.nodes.find(({ name }) => !/^[a-z][a-z0-9-]*$/.test(name) || isRelabelNode(name))
    if (odd) throw invalid(`a node cannot be called ${odd.name}: expected letters, digits and -, and not relabel-…`)
  }

  /** The stages of its nodes, each once. */
  get stages(): readonly StageDeclaration[] {
    return stagesOf(this.nodes)
  }

  /** The node of that name; null when there is none. */
  node(name: string): Node | null {
    return this.nodes.find(node => node.name === name) ?? null
  }

  /** Puts a stage before a node: it reads what the node has read, and the node reads the new topic. */
  insertBefore<
    In extends z.ZodObject,
    P extends Ports,
    Options extends z.ZodObject,
    Need extends keyof Capabilities,
    Port extends keyof P & string,
    Group = never,
  >(reader: string, inserted: Insertion<In, P, Options, Need, Group, Port>): Flow {
    const after = this.#named(reader)
    const { through, port } = inserted
    const added = wired(inserted, after.from, { [port]: through })
    return this.#with(this.nodes.flatMap(one => (one === after ? [added, after.rewired({ from: through })] : [one])))
  }

  /** Puts a stage after a port of a node: it reads the new topic, to which the port now leads, and writes where it led. */
  insertAfter<
    In extends z.ZodObject,
    P extends Ports,
    Options extends z.ZodObject,
    Need extends keyof Capabilities,
    Port extends keyof P & string,
    Group = never,
  >(writer: string, ofPort: string, inserted: Insertion<In, P, Options, Need, Group, Port>): Flow {
    const before = this.#named(writer)
    const target = before.to[ofPort]
    if (!target) {
      throw invalid(`the node ${writer} has no port ${ofPort}; it has ${Object.keys(before.to).join(', ')}`)
    }
    const { through, port } = inserted
    const added = wired(inserted, through, { [port]: target })
    const leading = before.rewired({ to: { [ofPort]: through } })
    return this.#with(this.nodes.flatMap(one => (one === before ? [leading, added] : [one])))
  }

  /** Puts another node in the place of one, under the same name or another. */
  replace(name: string, by: Node): Flow {
    const before = this.#named(name)
    return this.#with(this.nodes.map(one => (one === before ? by : one)))
  }

  /** Leaves nodes out. @throws STEERFLOW_FLOW_INVALID when a node that stays then reads what nobody writes any more */
  without(...names: readonly string[]): Flow {
    const gone = new Set(names.map(name => this.#named(name)))
    return this.#with(this.nodes.filter(one => !gone.has(one)))
  }

  /** Adds nodes at the end. */
  add(...nodes: readonly Node[]): Flow {
    return this.#with([...this.nodes, ...nodes])
  }

  /**
   * Adds source formats. They are tried before those that there are, in their order.
   * @throws STEERFLOW_FLOW_INVALID when a name is taken, or one is no format
   */
  withFormats(...formats: readonly SourceFormat[]): Flow {
    return new Flow(this.origin, { ...this, formats: [...formats, ...this.formats] })
  }

  /**
   * Adds inference protocols, by their names. One is alike for every server, or a function of what the entry of a server
   * says and the attribute set.
   * @throws STEERFLOW_FLOW_INVALID when a name is taken, or one is no protocol
   */
  withProtocols(protocols: Readonly<Record<string, OwnProtocol>>): Flow {
    return new Flow(this.origin, { ...this, protocols: protocolsWith(this.protocols, protocols) })
  }

  /** Adds trainers. @throws STEERFLOW_FLOW_INVALID when a name is taken, or one is no trainer */
  withTrainers(...trainers: readonly Trainer[]): Flow {
    return new Flow(this.origin, { ...this, trainers: trainersWith(this.trainers, trainers) })
  }

  /** Adds formats of `datasets export`. @throws STEERFLOW_FLOW_INVALID when a name is taken, or one is no format */
  withExports(...formats: readonly ExportFormat[]): Flow {
    return new Flow(this.origin, { ...this, exports: [...this.exports, ...formats] })
  }

  /** Where it is printed or digested as a part of a configuration, it is what the configuration says. */
  toJSON(): string {
    return this.origin
  }

  /** The same flow as of that file. */
  from(origin: string): Flow {
    return new Flow(origin, this)
  }

  #named(name: string): Node {
    const found = this.node(name)
    if (found) return found
    throw invalid(`no node is called ${name}; known: ${this.nodes.map(one => one.name).join(', ')}`)
  }

  #with(nodes: readonly Node[]): Flow {
    const flow = new Flow(this.origin, { ...this, nodes })
    const written = (of: readonly Node[]): ReadonlySet<string> =>
      new Set(of.flatMap(({ to }) => Object.values(to).map(({ name }) => name)))
    const [before, after] = [written(this.nodes), written(nodes)]
    const dry = nodes.find(({ from: { name } }) => before.has(name) && !after.has(name))
    if (dry) {
      throw invalid(`${dry.name} reads ${dry.from.name}, which no node writes any more: leave it out too, or rewire it`)
    }
    return flow
  }
}

/** Wires a stage that is put between others, whose topics are known by name only here. */
function wired<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group,
  Port extends keyof P & string,
>(
  { name, stage, to = {} as never, options = {} }: Insertion<In, P, Options, Need, Group, Port>,
  from: Topic,
  along: Readonly<Record<string, Topic>>,
): Node {
  // Whether all of it fits is looked at where the flow is made.
  const wiring = { from, to: { ...along, ...(to as Readonly<Record<string, Topic>>) }, options }
  return node(name, stage, wiring as unknown as Parameters<typeof node<In, P, Options, Need, Group>>[2])
}

/** The topics with those that only nodes name, behind them. */
function allTopics({ nodes, topics }: FlowParts): readonly Topic[] {
  const named = [
    ...topics,
    ...nodes.flatMap(({ from, to, onDeadLetter }) => [
      from,
      ...Object.values(to),
      ...(onDeadLetter ? [onDeadLetter.to] : []),
    ]),
  ]
  const byName = new Map<string, Topic>()
  for (const topic of named) {
    const other = byName.get(topic.name) ?? topic
    if (other !== topic) throw invalid(`two topics are called ${topic.name}`)
    byName.set(topic.name, topic)
  }
  return [...byName.values()]
}

const invalid = (message: string): SteerflowError => new SteerflowError('STEERFLOW_FLOW_INVALID', message)

/** The flow that a configuration names when it names none. */
export const builtIn = new Flow('', {
  nodes: pipeline,
  topics,
  formats: sourceFormats,
  protocols,
  trainers,
  exports: exportFormats,
})

/** Defines a pipeline of one's own out of the one that is built in. */
export const defineFlow = (change: (base: Flow) => Flow): Flow => change(builtIn)
