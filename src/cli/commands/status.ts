import { resolve } from 'node:path'
import { type FleetReport, readFleetFiles } from '../../adapters/inference/fleet-file.js'
import { type Late, type NodesReport, readNodesFiles, type TroubleReport } from '../../adapters/workers/nodes-file.js'
import { workersFolder } from '../../adapters/workers/report-file.js'
import { printableLine } from '../output/printable.js'
import { troubleOf } from '../render/trouble.js'
import { fleetRows } from '../render/fleet-report.js'
import { duration } from '../render/progress.js'
import { waitsNote } from '../render/waits.js'
import type { Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { oneLine, table, thousands } from '../render/bars.js'
import { type NodeLag, type PartitionLag, nodeLags } from '../../runtime/lag.js'
import { needFolder } from '../data-folder.js'
import { lookInWorkspace } from '../workspace.js'

/** `status`: committed offsets and lag of every node, with or without an active run. */
export const status: Verb = (program, session) => {
  const command = program
    .command('status')
    .description('Show the progress of every node: records behind, and records held in open shards.')
    .option('--lag', 'one row per partition')
    .option('--fleet', 'only the inference servers, as the processes on this data folder see them now')
    .option('--json', 'print JSON: one row per partition, or with --fleet one object per process')
  withConfig(command).action(async (flags: ConfigFlags & { lag?: true; fleet?: true; json?: true }) => {
    const config = configOf(flags)
    if (flags.fleet) needFolder(config)
    const workers = workersFolder(resolve(config.dataDir))
    const reports = readFleetFiles(workers)
    if (flags.fleet) {
      await (flags.json ? session.json(reports) : session.out(`${fleets(reports).join('\n')}\n`))
      return
    }
    const nodes = await lookInWorkspace(config, ({ log }) => nodeLags(log, config.flow.nodes))
    const working = readNodesFiles(workers)
    if (flags.json) await session.json(nodes.flatMap(lag => facts(lag, working)))
    else {
      const rows = flags.lag ? perPartition(nodes, working) : perNode(nodes, working)
      const troubles = troubleLines(working)
      const lines = [rows, troubles, reports.length > 0 ? fleets(reports) : []].filter(({ length }) => length > 0)
      await session.out(`${lines.map(part => part.join('\n')).join('\n\n')}\n`)
    }
  })
}

/** Servers, by running process. */
const fleets = (reports: readonly FleetReport[]): string[] =>
  reports.length === 0
    ? ['no process is working on this data folder']
    : reports.flatMap(({ worker, at, waiting, outageMs, outageCause, endpoints, waits, loads }) => [
        `${worker}: ${thousands(waiting)} prompts wait${outageMs === null ? '' : `; nothing has succeeded for ${duration(outageMs / 1000)}${outageCause ? `: ${outageCause}` : ''}`}`,
        ...[waitsNote({ waits, loads }, Date.parse(at))].filter(Boolean),
        ...(endpoints.length > 0 ? fleetRows({ endpoints }) : ['no servers']),
        ...endpoints.flatMap(({ url, trouble }) => (trouble === null ? [] : [printableLine(`${url}: ${trouble}`)])),
      ])

/** Nodes that are stuck, as reported by the processes on this data folder. */
const troubleLines = (working: readonly NodesReport[]): readonly string[] =>
  working.flatMap(({ worker, nodes }) =>
    nodes.flatMap(({ node, troubles }) =>
      troubles.length === 0 ? [] : [printableLine(`${worker}: ${node} ${troubleOf(troubles) ?? ''}`)],
    ),
  )

/** One row per partition. Keys may be added, never removed. */
const facts = ({ node, topic, partitions, members }: NodeLag, working: readonly NodesReport[]) =>
  partitions.map(({ partition, committed, start, end, lag, held, behind, gone, state, owner }) => ({
    node,
    topic,
    partition,
    committed: String(committed),
    start: String(start),
    end: String(end),
    lag: Number(lag),
    held: Number(held),
    behind: Number(behind),
    gone: Number(gone),
    state,
    members: members?.length ?? null,
    owner,
    trouble: troubleIn(working, node, partition),
    late: lateOf(working, node),
  }))

/** Why a partition is stuck, as reported by its process on this data folder; null if no process reports trouble. */
function troubleIn(working: readonly NodesReport[], node: string, partition: number) {
  for (const { worker, nodes } of working) {
    const trouble = nodes.find(one => one.node === node)?.troubles.find(one => one.partition === partition)
    if (trouble) return { worker, ...trouble }
  }
  return null
}

/** The most urgent trouble of a node: a pause before a wait. */
function troubleOn(working: readonly NodesReport[], name: string): TroubleReport | null {
  const troubles = working.flatMap(({ nodes }) =>
    nodes.flatMap(({ node, troubles }) => (node === name ? troubles : [])),
  )
  return troubles.find(({ state }) => state === 'paused') ?? troubles[0] ?? null
}

/** A stuck node is neither held nor behind: the row shows the cause, and the lines below the table since when. */
const stateOf = (trouble: Pick<TroubleReport, 'state' | 'code' | 'cause'> | null): string | null =>
  trouble && `${trouble.state}: ${trouble.code}: ${oneLine(trouble.cause, 60)}`

const perPartition = (nodes: readonly NodeLag[], working: readonly NodesReport[]): string[] => {
  const shared = nodes.some(({ members }) => members !== null)
  const rows = nodes.flatMap(({ node, topic, partitions }) =>
    partitions.map(({ partition, committed, end, behind, held, state, owner }) => [
      node,
      topic,
      String(partition),
      String(committed),
      String(end),
      ...[behind, held].map(count => thousands(Number(count))),
      stateOf(troubleIn(working, node, partition)) ?? state,
      ...(shared ? [owner ?? '-'] : []),
    ]),
  )
  const header = ['node', 'topic', 'partition', 'committed', 'end', 'behind', 'held', 'state']
  return table([[...header, ...(shared ? ['owner'] : [])], ...rows], [0, 1, 7, 8])
}

function perNode(nodes: readonly NodeLag[], working: readonly NodesReport[]): string[] {
  const shared = nodes.some(({ members }) => members !== null)
  const rows = nodes.map(({ node, topic, partitions, members }) => {
    const sum = (of: (partition: PartitionLag) => bigint): string =>
      thousands(Number(partitions.reduce((total, one) => total + of(one), 0n)))
    return [
      node,
      topic,
      sum(({ end }) => end),
      sum(({ behind }) => behind),
      sum(({ held }) => held),
      lettersOf(working, node),
      stateOf(troubleOn(working, node)) ?? worst(partitions),
      ...(shared ? [String(members?.length ?? 0)] : []),
    ]
  })
  const header = ['node', 'reads', 'records', 'behind', 'held', 'letters of late', 'state']
  return table([[...header, ...(shared ? ['members'] : [])], ...rows], [0, 1, 6])
}

/** Outcomes of a node's latest records in the processes of this data folder; null without dead letters. */
function lateOf(working: readonly NodesReport[], node: string): Late | null {
  const late = working.flatMap(({ nodes }) => nodes.flatMap(one => (one.node === node && one.late ? [one.late] : [])))
  const sum = (of: keyof Late): number => late.reduce((total, one) => total + one[of], 0)
  return late.length === 0 ? null : { records: sum('records'), letters: sum('letters') }
}

/** `lateOf` as text. */
function lettersOf(working: readonly NodesReport[], node: string): string {
  const late = lateOf(working, node)
  return late && late.records > 0
    ? `${thousands(late.letters)} (${Math.round((late.letters / late.records) * 100)} %)`
    : '-'
}

const states = ['done', 'held', 'behind', 'lost'] as const

const worst = (partitions: readonly PartitionLag[]): string =>
  states[Math.max(0, ...partitions.map(({ state }) => states.indexOf(state)))]!
