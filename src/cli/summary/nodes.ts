import { type Node, reader } from '../../stages/bind.js'
import { type Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { deadLetters, dropped } from '../../topics.js'
import { type NodeSummary } from './summary.js'

type Counts = Record<string, number>
const bump = (counts: Counts, key: string): void => void (counts[key] = (counts[key] ?? 0) + 1)

/**
 * What every node has done, read from the log: offsets tell what was taken in, the records' `node` header who published
 * them. So the figures are the same after any number of kills and restarts.
 */
export async function summarizeNodes(log: Log, nodes: readonly Node[]): Promise<readonly NodeSummary[]> {
  const { published, read } = await countedIn(log, nodes)
  const reasons = await droppedBy(log)
  const letters = await deadLetteredBy(log)
  const rowOf = (name: string, taken: number, held: number): NodeSummary => ({
    node: name,
    in: taken,
    out: published.get(name) ?? {},
    dropped: reasons.get(name) ?? {},
    deadLettered: letters.get(name) ?? {},
    held,
  })
  const ingested = total(published.get('ingest')) + total(letters.get('ingest'))
  return [
    rowOf('ingest', ingested, 0),
    ...nodes.map(node => {
      const { done, behind } = read.get(node.name) ?? { done: 0, behind: 0 }
      // What a seal has not committed it has in an open group.
      return node.groups === 'closing' ? rowOf(node.name, done + behind, behind) : rowOf(node.name, done, 0)
    }),
  ]
}

const total = (counts: Counts = {}): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Who published how many records to which topic, and how many of its own topic's each node has done. */
async function countedIn(log: Log, nodes: readonly Node[]) {
  const published = new Map<string, Counts>()
  const read = new Map(nodes.map(node => [node.name, { done: 0, behind: 0 }]))
  const topics = new Set(nodes.flatMap(node => [node.from.name, ...Object.values(node.to).map(to => to.name)]))
  for (const topic of topics) {
    const readers = await Promise.all(
      nodes
        .filter(node => node.from.name === topic)
        .map(async ({ name }) => ({ counts: read.get(name)!, committed: await log.committed(name, topic) })),
    )
    // Offsets are places, not counts: on some logs they have gaps.
    for await (const { partition, offset, headers } of readAll(log, topic)) {
      for (const { counts, committed } of readers)
        counts[offset < (committed.get(partition) ?? 0n) ? 'done' : 'behind']++
      if (headers.node === undefined) continue
      const counts = published.get(headers.node) ?? {}
      bump(counts, topic)
      published.set(headers.node, counts)
    }
  }
  return { published, read }
}

async function droppedBy(log: Log): Promise<ReadonlyMap<string, Counts>> {
  const read = reader(dropped)
  return byNode(log, dropped.name, record => read(record.value).reason)
}

const deadLetteredBy = (log: Log): Promise<ReadonlyMap<string, Counts>> =>
  byNode(log, deadLetters.name, record => record.headers.code ?? '')

async function byNode(
  log: Log,
  topic: string,
  keyOf: (record: { readonly value: Buffer; readonly headers: Readonly<Record<string, string>> }) => string,
): Promise<ReadonlyMap<string, Counts>> {
  const found = new Map<string, Counts>()
  for await (const record of readAll(log, topic)) {
    const node = record.headers.node ?? ''
    const counts = found.get(node) ?? {}
    bump(counts, keyOf(record))
    found.set(node, counts)
  }
  return found
}
