import type { Conversation } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import { jobStates } from '../../domain/job-states.js'
import { assemble, type Ending, type Hop, type Trace } from '../../domain/lineage/trace.js'
import { liveManifests, type ShardEvent, type ShardManifest } from '../../domain/shard.js'
import type { Node } from '../../stages/node.js'
import { shapingDigest } from '../../stages/preprocess.js'
import { jobs, models, shards, sources } from '../../topics.js'
import { readTopic } from '../read-topic.js'
import type { Workspace } from '../workspace.js'
import { LogSearch, type SourceRecord } from './in-log.js'
import { searchShards, searchSnapshots } from './in-files.js'
import type { TraceSubject } from './subject.js'
import { anyOf, wantedOf } from './wanted.js'

export interface Traced {
  /** One trace per record: a source line may give several. */
  readonly traces: readonly Trace[]
  /** Endings of a source line without records. */
  readonly endings: readonly Ending[]
  /** Unreadable shards, whose records are missing from the trace. */
  readonly unreadable: readonly string[]
}

/**
 * Traces a subject: first in shards, which give its tree and so the partitions to search, then in topics and snapshots.
 * Records that retention has removed from the log are found only in shards and snapshots.
 * @throws STEERFLOW_USAGE if nothing is found
 */
export async function trace(workspace: Workspace, subject: TraceSubject): Promise<Traced> {
  const { log, files, root, config } = workspace
  const wanted = wantedOf(subject)
  const manifests = manifestsOf(await readTopic(log, shards))
  const inShards = await searchShards(files, manifests.all, manifests.isLive, wanted)
  const known = subject.kind === 'id' ? subject.conversation : null
  const trees = [...new Set([known, ...inShards.found.map(one => one.conversation)].flatMap(one => one?.tree_id ?? []))]
  const search = new LogSearch(log, config.flow)
  const present = await search.conversations(wanted, trees)
  const found = [...(known ? [known] : []), ...[...present, ...inShards.found].map(one => one.conversation)]
  const former = new Set(found.flatMap(formerIds))
  const inLog = former.size === 0 ? present : [...present, ...(await search.conversations(anyOf(former), trees))]

  // Earlier versions of a record are part of the trace of the record they became.
  const conversations = new Map(
    found.filter(({ steerflow }) => !former.has(steerflow.id)).map(one => [one.steerflow.id, one]),
  )
  const wantedSources = sourcesOf(subject, [...conversations.values()])
  const endings = await search.endings(wanted, trees, wantedSources)
  const rawHops = wantedSources.length > 0 ? await search.sources(wantedSources) : []
  if (conversations.size === 0 && endings.length === 0 && rawHops.length === 0) throw unknown(subject)

  const [names, jobEvents, registry] = [
    await readTopic(log, sources),
    [...jobStates(await readTopic(log, jobs)).values()],
    await readTopic(log, models),
  ]
  const traces = []
  for (const [id, conversation] of conversations) {
    const lines = inShards.found.filter(one => one.conversation.steerflow.id === id).map(({ line }) => line)
    const ids = new Set([id, ...formerIds(conversation)])
    const hops = new Map(
      inLog.filter(one => ids.has(one.conversation.steerflow.id)).map(({ hop }) => [placeOf(hop), hop]),
    )
    const { source } = conversation.steerflow.lineage
    traces.push(
      assemble({
        conversation,
        names: [...new Set(names.filter(one => one.source === source).map(({ name }) => name))],
        configuration: shapingDigest(config.preprocess),
        hops: inFlow(config.flow.nodes, [...rawHops, ...hops.values()]),
        endings: endings.filter(one => one.id === null || ids.has(one.id)).map(({ ending }) => ending),
        shards: lines,
        snapshots: await searchSnapshots(root, new Set(lines.map(({ path }) => path)), id),
        jobs: jobEvents,
        models: registry,
      }),
    )
  }
  return {
    traces,
    endings: traces.length > 0 ? [] : endings.map(({ ending }) => ending),
    unreadable: inShards.unreadable,
  }
}

const placeOf = ({ topic, partition, offset }: Hop): string => `${topic}/${partition}@${offset}`

/** The ids of a record before stages changed its text. */
const formerIds = ({ steerflow: { lineage } }: Conversation): readonly string[] =>
  (lineage.changes ?? []).map(({ parent }) => parent)

/** The source records of a subject or of its conversations. */
function sourcesOf(subject: TraceSubject, conversations: readonly Conversation[]): readonly SourceRecord[] {
  if (subject.kind === 'line') {
    const trees = conversations.length > 0 ? [...new Set(conversations.map(one => one.tree_id))] : ['']
    return trees.map(tree => ({ source: subject.source, line: subject.line, tree }))
  }
  return conversations.map(({ tree_id: tree, steerflow: { lineage } }) => ({
    source: lineage.source,
    line: lineage.line,
    tree,
  }))
}

/** All manifests of a log, and a test for live ones. */
function manifestsOf(events: readonly ShardEvent[]) {
  const all = events.flatMap(({ manifest }) => manifest ?? [])
  const datasets = [...new Set(all.map(({ dataset }) => dataset))]
  const live = new Set<ShardManifest>(datasets.flatMap(name => liveManifests(all.filter(one => one.dataset === name))))
  return { all, isLive: (manifest: ShardManifest) => live.has(manifest) }
}

/** Sorts hops in the order of the flow. */
function inFlow(nodes: readonly Node[], hops: readonly Hop[]): readonly Hop[] {
  const order = [...new Set(nodes.flatMap(({ from, to }) => [from.name, ...Object.values(to).map(one => one.name)]))]
  return hops.toSorted((a, b) => order.indexOf(a.topic) - order.indexOf(b.topic))
}

function unknown(subject: TraceSubject): SteerflowError {
  const what =
    subject.kind === 'id'
      ? `no record has the id ${subject.id}`
      : `nothing was ingested from line ${subject.line} of the file with sha256 ${subject.source}`
  return new SteerflowError('STEERFLOW_USAGE', `${what}; give the key steerflow.id of a record, or FILE:LINE`)
}
