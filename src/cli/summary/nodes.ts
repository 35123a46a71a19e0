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
  const published = await publishedBy(log, nodes)
  const reasons = await droppedBy(log)
  const letters = await deadLetteredBy(log)
  const rows: NodeSummary[] = []
  for (const node of ['ingest', ...nodes]) {
    const name = typeof node === 'string' ? node : node.name
    const { read, held } = typeof node === 'string' ? { read: 0, held: 0 } : await progressOf(log, node)
    rows.push({
      node: name,
      in: typeof node === 'string' ? total(published.get(name)) + total(letters.get(name)) : read,
      out: published.get(name) ?? {},
      dropped: reasons.get(name) ?? {},
      deadLettered: letters.get(name) ?? {},
      held,
    })
  }
  return rows
}

const total = (counts: Counts = {}): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

async function progressOf(log: Log, node: Node): Promise<{ read: number; held: number }> {
  const committed = await log.committed(node.name, node.from.name)
  const states = await log.state(node.from.name)
  const read = states.reduce((sum, { partition }) => sum + Number(committed.get(partition) ?? 0n), 0)
  const behind = states.reduce((sum, { partition, end }) => sum + Number(end - (committed.get(partition) ?? 0n)), 0)
  return node.groups === 'closing' ? { read: read + behind, held: behind } : { read, held: 0 }
}

async function publishedBy(log: Log, nodes: readonly Node[]): Promise<ReadonlyMap<string, Counts>> {
  const found = new Map<string, Counts>()
  const topics = new Set(nodes.flatMap(node => [node.from.name, ...Object.values(node.to).map(to => to.name)]))
  for (const topic of topics) {
    for await (const record of readAll(log, topic)) {
      const node = record.headers.node
      if (node === undefined) continue
      const counts = found.get(node) ?? {}
      bump(counts, topic)
      found.set(node, counts)
    }
  }
  return found
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
