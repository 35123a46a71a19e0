import type { EachRunner, Encoded, Node } from '../stages/node.js'
import type { Capabilities } from '../stages/needs.js'
import type { At } from '../stages/stage.js'
import type { SteerflowError } from '../domain/errors.js'
import { stageFailure } from './dead-letter.js'
import { untilDone } from './retry.js'

/** The result of the nodes for one record: emissions for topics that none of them reads, or the error of the record. */
export type Hosted =
  | { readonly position: number; readonly emissions: readonly Encoded[]; readonly error: null }
  | { readonly position: number; readonly emissions: null; readonly error: SteerflowError }

export interface HostOptions {
  readonly nodes: readonly Node[]
  readonly capabilities: Capabilities
  readonly options: (node: Node) => unknown
  /** Maximum number of records under way. */
  readonly concurrency: number
  readonly signal: AbortSignal
}

/**
 * Runs `each` nodes on records outside a log: a record goes from node to node by their topics, and its emissions come out in
 * the order of the records. The runtime's retries apply; a permanent failure becomes the record's result.
 * @throws fatal errors
 */
export async function* hostNodes(
  records: AsyncIterable<{ readonly position: number; readonly value: Buffer }>,
  from: string,
  host: HostOptions,
): AsyncGenerator<Hosted> {
  const runners = new Map<string, EachRunner>()
  for (const node of host.nodes) {
    const runner = node.start(host.options(node), host.capabilities)
    if (runner.kind === 'each') runners.set(node.from.name, runner)
  }
  const underWay: Promise<Hosted>[] = []
  for await (const { position, value } of records) {
    const result = through(runners, { topic: from, key: Buffer.alloc(0), value }, position, host.signal)
    result.catch(() => undefined)
    underWay.push(result)
    if (underWay.length >= host.concurrency) yield await underWay.shift()!
  }
  for (const result of underWay) yield await result
}

async function through(
  runners: ReadonlyMap<string, EachRunner>,
  first: Encoded,
  position: number,
  signal: AbortSignal,
): Promise<Hosted> {
  try {
    const emissions = await follow(runners, first, {
      topic: '',
      partition: 0,
      offset: BigInt(position),
      timestamp: 0,
      signal,
    })
    return { position, emissions, error: null }
  } catch (thrown) {
    const error = stageFailure(thrown)
    if (error.kind !== 'permanent' || signal.aborted) throw error
    return { position, emissions: null, error }
  }
}

async function follow(
  runners: ReadonlyMap<string, EachRunner>,
  { topic, value, key }: Encoded,
  at: At,
): Promise<readonly Encoded[]> {
  const runner = runners.get(topic)
  if (!runner) return [{ topic, value, key }]
  const emissions = await untilDone(() => runner.run(value, { ...at, topic }), at.signal)
  return (await Promise.all(emissions.map(emission => follow(runners, emission, at)))).flat()
}
