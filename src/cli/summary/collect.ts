import { isMasked } from '../../domain/formats/speakers.js'
import { type Node, reader } from '../../stages/node.js'
import type { Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { deadLetters, dropped, scored, jobs, models } from '../../topics.js'
import type { NodeSummary, Distribution, ScoredReply, Summary, SourceSummary } from './summary.js'
import { digest } from '../../domain/digest.js'
import type { Conversation } from '../../domain/conversation.js'
import { parseLabel } from '../../domain/label-line.js'
import type { JobEvent } from '../../domain/job.js'
import { jobStates } from '../../domain/job-states.js'
import { below } from '../../adapters/storage/below.js'
import { readRegistry } from '../../adapters/models/active-model.js'
import { attributeSet } from '../../domain/attributes.js'
import { attributeSetOf, attributeSetsOf } from '../attribute-sets.js'
import { readTopic } from '../read-topic.js'
import type { Workspace } from '../workspace.js'

type Counts = Record<string, number>
const bump = (counts: Counts, key: string): void => void (counts[key] = (counts[key] ?? 0) + 1)

/**
 * Work of every node, from the log: offsets give the consumed records, and the `node` header of records their producers. So
 * the figures do not depend on kills and restarts.
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
      // A seal holds its uncommitted records in an open group.
      return node.stage.kind === 'closing' ? rowOf(node.name, done + behind, behind) : rowOf(node.name, done, 0)
    }),
  ]
}

const total = (counts: Counts = {}): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Counts of published records by node and topic, and of consumed records by node. */
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
    // Offsets are positions, not counts: some logs have gaps.
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

const shown = 3

/** Statistics of annotated conversations: turns, label distributions, best and worst replies. */
export async function summarizeAnnotated(
  log: Log,
  attribute: string,
): Promise<Pick<Summary, 'turns' | 'attributes' | 'best' | 'worst'>> {
  const read = reader(scored)
  const seen = new Set<string>()
  const counts = new Map<string, Record<string, number>>()
  const ranking = new Ranking(attribute)
  let turns = 0
  for await (const { value } of readAll(log, scored.name)) {
    const conversation = read(value)
    let prefix = conversation.system
    conversation.conversations.forEach((turn, index) => {
      turns++
      prefix = digest(prefix, turn.from, turn.value)
      if (seen.has(prefix)) return
      seen.add(prefix)
      if (isMasked(turn.from, conversation.mask) || typeof turn.label !== 'string') return
      count(counts, turn.label)
      ranking.offer(conversation, index)
    })
  }
  const attributes = [...counts].map(([name, values]): Distribution => ({ attribute: name, counts: values }))
  return {
    turns: { annotated: turns, scored: seen.size, reused: turns - seen.size },
    attributes,
    best: ranking.best,
    worst: ranking.worst,
  }
}

function count(counts: Map<string, Record<string, number>>, label: string): void {
  for (const [key, value] of Object.entries(parseLabel(label).scores)) {
    const values = counts.get(key) ?? {}
    values[value] = (values[value] ?? 0) + 1
    counts.set(key, values)
  }
}

/** Keeps the best and worst replies by the raw score of one attribute. */
class Ranking {
  best: readonly ScoredReply[] = []
  worst: readonly ScoredReply[] = []

  constructor(private readonly attribute: string) {}

  offer({ conversations, steerflow }: Conversation, index: number): void {
    const turn = conversations[index]!
    const score = steerflow.scores?.[index]?.[this.attribute]
    if (score === undefined) return
    const reply: ScoredReply = {
      attribute: this.attribute,
      score,
      prompt: conversations[index - 1]?.value ?? '',
      reply: turn.value,
      label: turn.label ?? '',
    }
    this.best = [...this.best, reply].sort((a, b) => b.score - a.score).slice(0, shown)
    this.worst = [...this.worst, reply].sort((a, b) => a.score - b.score).slice(0, shown)
  }
}

/** Facts that are not in the log. */
export interface RunFacts {
  readonly seconds: number
  readonly changed: boolean
  readonly sources: readonly SourceSummary[]
  readonly next: readonly string[]
}

/** Builds a run's summary from the log; kills and repeated work do not change it. */
export async function collectSummary({ log, config }: Workspace, facts: RunFacts): Promise<Summary> {
  const events = await latestJobs(log)
  const active = (await readRegistry(log, models)).get('value')?.active
  const set = active ? attributeSet(active.attribute_set, attributeSetsOf(config)) : attributeSetOf(config)
  return {
    ...facts,
    nodes: await summarizeNodes(log, config.flow.nodes),
    ...(await summarizeAnnotated(log, set.attributes[0]!.key)),
    valueModel: active ? { model: active.model, digest: active.digest, metrics: active.metrics } : null,
    datasets: Object.fromEntries(
      events.map(({ dataset, snapshot: { path, train, validation } }) => [
        dataset,
        { path: below(config.dataDir, path), train, validation },
      ]),
    ),
    jobs: events.map(({ job, state, folder, detail }) => ({
      job,
      state,
      folder: folder && below(config.dataDir, folder),
      detail,
    })),
  }
}

/** The latest job of each dataset, in its current state. */
export async function latestJobs(log: Workspace['log']): Promise<readonly JobEvent[]> {
  const latest = new Map([...jobStates(await readTopic(log, jobs)).values()].map(job => [job.dataset, job]))
  return [...latest.values()]
}
