import { pipeline } from '../../pipeline.js'
import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table, thousands } from '../render/bars.js'
import { type Workspace, inWorkspace } from '../workspace.js'

/** Where a node stands, from the log alone. */
interface Row {
  readonly node: string
  readonly topic: string
  readonly partition: number
  readonly committed: string
  readonly end: string
  readonly lag: number
  /** `held`: in an open group of a seal; `behind`: still to be done. */
  readonly state: 'done' | 'behind' | 'held'
}

/** `status`: committed offsets and lag of every node, whether or not a run is active. */
export const status: Verb = (program, session) => {
  const command = program
    .command('status')
    .description('Show how far every node has come.')
    .option('--lag', 'one row a partition')
    .option('--json', 'print JSON')
  withConfig(command).action(async (flags: ConfigFlags & { lag?: true; json?: true }) => {
    const rows = await inWorkspace(configOf(flags), rowsOf)
    if (flags.json) session.out(`${JSON.stringify(rows)}\n`)
    else session.out(`${(flags.lag ? perPartition(rows) : perNode(rows)).join('\n')}\n`)
  })
}

async function rowsOf({ log }: Workspace): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const { name, from, groups } of pipeline) {
    const committed = await log.committed(name, from.name)
    for (const { partition, start, end } of await log.state(from.name)) {
      const at = committed.get(partition) ?? start
      const state = at >= end ? 'done' : groups === 'closing' ? 'held' : 'behind'
      rows.push({
        node: name,
        topic: from.name,
        partition,
        committed: String(at),
        end: String(end),
        lag: Number(end - at),
        state,
      })
    }
  }
  return rows
}

const perPartition = (rows: readonly Row[]): string[] =>
  table(
    [
      ['node', 'topic', 'partition', 'committed', 'end', 'lag', 'state'],
      ...rows.map(row => [
        row.node,
        row.topic,
        String(row.partition),
        row.committed,
        row.end,
        thousands(row.lag),
        row.state,
      ]),
    ],
    [0, 1, 6],
  )

function perNode(rows: readonly Row[]): string[] {
  const nodes = new Map<string, { topic: string; end: number; lag: number; state: Row['state'] }>()
  for (const row of rows) {
    const known = nodes.get(row.node) ?? { topic: row.topic, end: 0, lag: 0, state: 'done' as const }
    nodes.set(row.node, {
      topic: row.topic,
      end: known.end + Number(row.end),
      lag: known.lag + row.lag,
      state: row.state === 'done' ? known.state : row.state,
    })
  }
  return table(
    [
      ['node', 'reads', 'records', 'lag', 'state'],
      ...[...nodes].map(([name, { topic, end, lag, state }]) => [name, topic, thousands(end), thousands(lag), state]),
    ],
    [0, 1, 4],
  )
}
