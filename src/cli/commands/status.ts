import { resolve } from 'node:path'
import { type FleetReport, fleetFolder, readFleetFiles } from '../../adapters/inference/fleet-file.js'
import { fleetRows } from '../render/fleet-report.js'
import { duration } from '../render/progress.js'
import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table, thousands } from '../render/bars.js'
import { type NodeLag, type PartitionLag, nodeLags } from '../../runtime/lag.js'
import { pipeline } from '../../pipeline.js'
import { inWorkspace } from '../workspace.js'

/** `status`: committed offsets and lag of every node, whether or not a run is active. */
export const status: Verb = (program, session) => {
  const command = program
    .command('status')
    .description(
      'Show how far every node has come: what is behind, and what a seal holds in shards that are still open.',
    )
    .option('--lag', 'one row a partition')
    .option('--fleet', 'only the inference servers, as the processes at work on this data folder see them now')
    .option('--json', 'print JSON: one row a partition, or with --fleet one object a process')
  withConfig(command).action(async (flags: ConfigFlags & { lag?: true; fleet?: true; json?: true }) => {
    const reports = readFleetFiles(fleetFolder(resolve(configOf(flags).dataDir)))
    if (flags.fleet) {
      session.out(flags.json ? `${JSON.stringify(reports)}\n` : `${fleets(reports).join('\n')}\n`)
      return
    }
    const nodes = await inWorkspace(configOf(flags), ({ log }) => nodeLags(log, pipeline))
    if (flags.json) session.out(`${JSON.stringify(nodes.flatMap(facts))}\n`)
    else {
      const rows = flags.lag ? perPartition(nodes) : perNode(nodes)
      session.out(`${[...rows, ...(reports.length > 0 ? ['', ...fleets(reports)] : [])].join('\n')}\n`)
    }
  })
}

/** The servers of each process at work. */
const fleets = (reports: readonly FleetReport[]): string[] =>
  reports.length === 0
    ? ['no process is at work on this data folder']
    : reports.flatMap(({ worker, waiting, outageMs, endpoints }) => [
        `${worker}: ${thousands(waiting)} prompts wait${outageMs === null ? '' : `; no server has answered for ${duration(outageMs / 1000)}`}`,
        ...(endpoints.length > 0 ? fleetRows({ endpoints }) : ['no servers']),
      ])

/** One row a partition. Keys are only ever added. */
const facts = ({ node, topic, partitions, members }: NodeLag) =>
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
  }))

const perPartition = (nodes: readonly NodeLag[]): string[] => {
  const shared = nodes.some(({ members }) => members !== null)
  const rows = nodes.flatMap(({ node, topic, partitions }) =>
    partitions.map(({ partition, committed, end, behind, held, state, owner }) => [
      node,
      topic,
      String(partition),
      String(committed),
      String(end),
      ...[behind, held].map(count => thousands(Number(count))),
      state,
      ...(shared ? [owner ?? '-'] : []),
    ]),
  )
  const header = ['node', 'topic', 'partition', 'committed', 'end', 'behind', 'held', 'state']
  return table([[...header, ...(shared ? ['owner'] : [])], ...rows], [0, 1, 7, 8])
}

function perNode(nodes: readonly NodeLag[]): string[] {
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
      worst(partitions),
      ...(shared ? [String(members?.length ?? 0)] : []),
    ]
  })
  const header = ['node', 'reads', 'records', 'behind', 'held', 'state']
  return table([[...header, ...(shared ? ['members'] : [])], ...rows], [0, 1, 5])
}

const states = ['done', 'held', 'behind', 'lost'] as const

const worst = (partitions: readonly PartitionLag[]): string =>
  states[Math.max(0, ...partitions.map(({ state }) => states.indexOf(state)))]!
