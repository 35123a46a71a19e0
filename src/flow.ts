import type { z } from 'zod'
import type { OwnProtocol } from './adapters/inference/protocols/own.js'
import { type Protocols, protocols } from './adapters/inference/protocols/protocols.js'
import { exportFormats } from './adapters/export/formats.js'
import { SteerflowError } from './domain/errors.js'
import type { ExportFormat } from './domain/export/export-format.js'
import type { SourceFormat } from './domain/formats/format.js'
import { sourceFormats } from './domain/formats/index.js'
import { isPartName } from './domain/names.js'
import { mustBeExportFormats, mustBeSourceFormats, protocolsWith, trainersWith } from './flow-parts.js'
import type { Trainer } from './trainers/trainer.js'
import { trainers } from './trainers/trainers.js'
import { isRelabelNode, pipeline, stagesOf } from './pipeline.js'
import type { Capabilities } from './stages/needs.js'
import { mustFit, node, type Node, type Stage, type StageDeclaration, type TopicOf } from './stages/node.js'
import type { Ports } from './stages/stage.js'
import type { Topic } from './stages/topic.js'
import { topics } from './topics.js'

/** The parts of a flow. */
export interface FlowParts {
  /** In the order of the flow. */
  readonly nodes: readonly Node[]
  /** Topics whose records have a schema, in the order of the flow; topics that only nodes name are added. */
  readonly topics: readonly Topic[]
  /** Source formats, in the order in which they are tried. */
  readonly formats: readonly SourceFormat[]
  /** Inference protocols, by their name in the configuration. */
  readonly protocols: Protocols
  /** The available trainers. */
  readonly trainers: readonly Trainer[]
  /** The formats of `datasets export`. */
  readonly exports: readonly ExportFormat[]
}

/** How to insert a stage between a node and a topic. */
export interface Insertion<
  In extends z.ZodObject,
  P extends Ports,
  Options extends z.ZodObject,
  Need extends keyof Capabilities,
  Group,
  Port extends keyof P,
> {
  /** The name of the new node, which is also its consumer group. */
  readonly name: string
  readonly stage: Stage<In, P, Options, Need, Group>
  /** The port whose records continue along the flow. */
  readonly port: Port
  /** The new topic between the two nodes. */
  readonly through: Topic
  /** The targets of the other ports. */
  readonly to?: { readonly [K in Exclude<keyof P, Port>]: TopicOf<P[K]> }
  /** Options fixed here; the others come from the configuration section that is named after the stage. */
  readonly options?: Partial<z.input<Options>>
}

/**
 * A pipeline with everything that belongs to it. Each command works on the flow that its configuration names. A flow is
 * immutable: every method returns a new one.
 */
export class Flow implements FlowParts {
  readonly nodes: readonly Node[]
  readonly topics: readonly Topic[]
  readonly formats: readonly SourceFormat[]
  readonly protocols: Protocols
  readonly trainers: readonly Trainer[]
  readonly exports: readonly ExportFormat[]

  /**
   * @param origin the file that defines it; empty for the built-in flow
   * @throws STEERFLOW_FLOW_INVALID when two parts of one kind share a name, or a node does not fit its topics
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
    if (twice) throw invalid(`two nodes are called ${twice.name}: the name of a node is its consumer group`)
    const odd = this.nodes.find(({ name }) => !isPartName(name) || isRelabelNode(name))
    if (odd)
      throw invalid(`a node cannot be called ${odd.name}: expected small letters, digits and -, and not relabel-…`)
  }

  /** The stages of its nodes, without duplicates. */
  get stages(): readonly StageDeclaration[] {
    return stagesOf(this.nodes)
  }

  /** The node with that name; null if there is none. */
  node(name: string): Node | null {
    return this.nodes.find(node => node.name === name) ?? null
  }

  /** Inserts a stage before a node: the stage reads the node's former input, and the node reads the new topic. */
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
    mustLeadOn(inserted.name, through, after.from)
    const added = wired(inserted, after.from, { [port]: through })
    return this.#with(this.nodes.flatMap(one => (one === after ? [added, after.rewired({ from: through })] : [one])))
  }

  /** Inserts a stage after a port: the port leads to the new topic, and the stage writes to the port's former topic. */
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
    mustLeadOn(inserted.name, through, target)
    const added = wired(inserted, through, { [port]: target })
    const leading = before.rewired({ to: { [ofPort]: through } })
    return this.#with(this.nodes.flatMap(one => (one === before ? [leading, added] : [one])))
  }

  /** Replaces a node by another, under the same name or a new one. */
  replace(name: string, by: Node): Flow {
    const before = this.#named(name)
    return this.#with(this.nodes.map(one => (one === before ? by : one)))
  }

  /** Removes nodes. @throws STEERFLOW_FLOW_INVALID when a remaining node reads a topic that no node writes any more */
  without(...names: readonly string[]): Flow {
    const gone = new Set(names.map(name => this.#named(name)))
    return this.#with(this.nodes.filter(one => !gone.has(one)))
  }

  /** Appends nodes. */
  add(...nodes: readonly Node[]): Flow {
    return this.#with([...this.nodes, ...nodes])
  }

  /**
   * Adds source formats. They are tried in the given order, before the existing ones.
   * @throws STEERFLOW_FLOW_INVALID when a name is taken, or an entry is not a format
   */
  withFormats(...formats: readonly SourceFormat[]): Flow {
    return new Flow(this.origin, { ...this, formats: [...formats, ...this.formats] })
  }

  /**
   * Adds inference protocols, by name. A protocol is either the same for every server, or a function of a server's entry in
   * the configuration and the attribute set.
   * @throws STEERFLOW_FLOW_INVALID when a name is taken, or an entry is not a protocol
   */
  withProtocols(protocols: Readonly<Record<string, OwnProtocol>>): Flow {
    return new Flow(this.origin, { ...this, protocols: protocolsWith(this.protocols, protocols) })
  }

  /** Adds trainers. @throws STEERFLOW_FLOW_INVALID when a name is taken, or an entry is not a trainer */
  withTrainers(...trainers: readonly Trainer[]): Flow {
    return new Flow(this.origin, { ...this, trainers: trainersWith(this.trainers, trainers) })
  }

  /** Adds formats of `datasets export`. @throws STEERFLOW_FLOW_INVALID when a name is taken, or an entry is not a format */
  withExports(...formats: readonly ExportFormat[]): Flow {
    return new Flow(this.origin, { ...this, exports: [...this.exports, ...formats] })
  }

  /** The configuration's value for this flow, for printing and digesting a configuration. */
  toJSON(): string {
    return this.origin
  }

  /** The same flow with another origin. */
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

/** Wires an inserted stage. Its neighbours' topics are known only by name here. */
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
  // The constructor of Flow checks that everything fits.
  const wiring = { from, to: { ...along, ...(to as Readonly<Record<string, Topic>>) }, options }
  return node(name, stage, wiring as unknown as Parameters<typeof node<In, P, Options, Need, Group>>[2])
}

/** @throws STEERFLOW_FLOW_INVALID if the new topic of an insertion is the one at its other side: the stage would feed itself */
function mustLeadOn(name: string, through: Topic, other: Topic): void {
  if (through.name === other.name)
    throw invalid(`${name} would read and write ${through.name}: give through a topic of its own`)
}

/** The declared topics, followed by those that only nodes name. */
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

/** The flow of a configuration that names none. */
export const builtIn = new Flow('', {
  nodes: pipeline,
  topics,
  formats: sourceFormats,
  protocols,
  trainers,
  exports: exportFormats,
})

/** Derives your own pipeline from the built-in one. */
export const defineFlow = (change: (base: Flow) => Flow): Flow => change(builtIn)
