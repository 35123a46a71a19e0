import { SteerflowError } from '../../domain/errors.js'
import { jobs, shards } from '../../topics.js'
import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { table, thousands } from '../render/bars.js'
import { type DatasetRow, datasetRows, decisionsOn, decisionText, gateLines } from '../training/datasets.js'
import { inWorkspace, type Workspace } from '../workspace.js'
import { exportCommand } from './datasets-export.js'
import { snapshotCommand } from './datasets-snapshot.js'

const columns = ['dataset', 'version', 'train', 'validation', 'shards', 'attribute set', 'snapshot'] as const

const cells = (row: DatasetRow): readonly string[] => [
  row.dataset,
  String(row.version),
  thousands(row.train),
  thousands(row.validation),
  thousands(row.shards),
  row.attribute_sets.join(', '),
  row.snapshot ?? 'none yet',
]

const read = async ({ log }: Workspace) => {
  const events = await readTopic(log, jobs)
  return { rows: datasetRows(await readTopic(log, shards), events), events }
}

/** `datasets list|show|snapshot|export`: what was sealed, the snapshots of it, the decisions on it; other formats. */
export const datasets: Verb = (program, session) => {
  const group = program
    .command('datasets')
    .description('Datasets: what is sealed, their snapshots, the decisions to train.')
    .addHelpText('after', '\nExamples:\n  steerflow datasets list\n  steerflow datasets show steerlm --json\n')

  const list = group.command('list').description('One row a dataset.').option('--json', 'print JSON lines')
  withConfig(list).action((flags: ConfigFlags & { json?: true }) =>
    inWorkspace(configOf(flags), async workspace => {
      const { rows } = await read(workspace)
      if (flags.json) for (const row of rows) session.out(`${JSON.stringify(row)}\n`)
      else if (rows.length === 0) session.out('no datasets\n')
      else session.out(`${table([columns, ...rows.map(cells)], [0, 5, 6]).join('\n')}\n`)
    }),
  )

  const show = group
    .command('show')
    .description('One dataset with every decision to train on it.')
    .argument('<dataset>')
    .option('--json', 'print JSON')
  withConfig(show).action((name: string, flags: ConfigFlags & { json?: true }) =>
    inWorkspace(configOf(flags), async workspace => {
      const { rows, events } = await read(workspace)
      const row = rows.find(({ dataset }) => dataset === name)
      if (!row) throw new SteerflowError('STEERFLOW_USAGE', `there is no dataset ${name}; see steerflow datasets list`)
      const decisions = decisionsOn(events, name)
      if (flags.json) {
        session.out(`${JSON.stringify({ ...row, decisions })}\n`)
        return
      }
      const facts = columns.map((column, index) => [column, cells(row)[index] ?? ''])
      session.out(`${table(facts, [0, 1]).join('\n')}\n\ndecisions\n`)
      for (const one of decisions) {
        session.out(`  ${decisionText(one)}\n`)
        for (const line of gateLines(one.decision)) session.out(`    ${line}\n`)
      }
      if (decisions.length === 0) session.out('  none yet\n')
    }),
  )

  snapshotCommand(group, session)
  exportCommand(group, session)
}
