import { resolve } from 'node:path'
import type { Command } from 'commander'
import { snapshotDatasets, snapshotDigests, findSnapshot } from '../../adapters/snapshot/read-snapshot.js'
import { verifySnapshot } from '../../adapters/snapshot/verify-snapshot.js'
import { SteerflowError } from '../../domain/errors.js'
import { Waits } from '../../runtime/waits.js'
import { needFolder } from '../data-folder.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { shards, jobs } from '../../topics.js'
import { endFile } from '../file-end.js'
import { readTopic } from '../read-topic.js'
import { thousands, table } from '../render/bars.js'
import { tellWaits } from '../render/waits.js'
import { liveOf, type DatasetRow, datasetRows, decisionsOn, decisionText, gateLines } from '../training/datasets.js'
import { snapshotsOf } from '../training/snapshots.js'
import { inWorkspace, lookInWorkspace, type Workspace } from '../workspace.js'
import { pin, unpin } from '../../adapters/snapshot/pins.js'
import { below } from '../../adapters/storage/below.js'
import { folderSize } from '../../adapters/storage/folder-size.js'
import { size } from '../doctor/units.js'
import { wholeNumber } from '../flags.js'
import { gcCommand } from './gc.js'
import { exportCommand } from './datasets-export.js'

/** Adds `datasets verify`: compares snapshots with their manifests. Reads only the data folder, not the log. */
export function verifyCommand(group: Command, session: Session): void {
  const command = group
    .command('verify')
    .description('Read every snapshot and compare it with its manifest and digest; exit code 1 if one differs.')
    .argument('[dataset]', 'only snapshots of this dataset')
    .option('--json', 'print JSON lines, one per snapshot')
    .addHelpText('after', '\nExamples:\n  steerflow datasets verify\n  steerflow datasets verify steerlm --json\n')
  withConfig(command).action(async (dataset: string | undefined, flags: ConfigFlags & { json?: true }) => {
    const config = configOf(flags)
    needFolder(config)
    const root = resolve(config.dataDir)
    const known = await snapshotDatasets(root)
    if (dataset !== undefined && !known.includes(dataset)) {
      throw new SteerflowError('STEERFLOW_USAGE', `dataset ${dataset} has no snapshot; see steerflow datasets list`)
    }
    let [whole, damaged] = [0, 0]
    for (const name of dataset === undefined ? known : [dataset]) {
      for (const digest of await snapshotDigests(root, name)) {
        const found = await verifySnapshot(root, name, digest)
        if (found.problems.length === 0) whole++
        else damaged++
        if (flags.json) await session.json(found)
        else
          for (const problem of found.problems) {
            await session.out(`${name} ${digest.slice(0, 12)}: ${problem}\n`)
          }
      }
    }
    session.err(`${whole} snapshots are intact, ${damaged} are damaged\n`)
    if (damaged === 0) return
    session.err(
      `next: remove their folders, then rebuild them from the shards with steerflow datasets snapshot DATASET\n`,
    )
    session.exit(exitCodes.failed)
  })
}

/** Adds `datasets snapshot`: materialises the sealed shards without a decision to train and without a job. */
export function snapshotCommand(group: Command, session: Session): void {
  const command = group
    .command('snapshot')
    .summary('Materialise a snapshot of the sealed shards.')
    .description(
      `Materialises a snapshot of the shards that are sealed now and points latest.json at it, without requesting a training.
Works beside a running pipeline. If nothing has changed, the result is the existing snapshot.`,
    )
    .argument('<dataset>')
    .option('--json', 'print the snapshot as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow datasets snapshot steerlm\n  steerflow datasets snapshot steerlm --json\n',
    )
  withConfig(command).action((dataset: string, flags: ConfigFlags & { json?: true }) =>
    inWorkspace(configOf(flags), async workspace => {
      const manifests = liveOf(await readTopic(workspace.log, shards), dataset)
      if (manifests.length === 0) {
        throw new SteerflowError(
          'STEERFLOW_USAGE',
          `dataset ${dataset} has no sealed shard; see steerflow datasets list`,
        )
      }
      const snapshot = await (
        await snapshotsOf(workspace, new Waits(tellWaits(session)))
      ).materialise(dataset, manifests)
      if (flags.json) await session.json(snapshot)
      else {
        const { path, train, validation } = snapshot
        await session.out(`${path}: ${thousands(train)} train, ${thousands(validation)} validation records\n`)
      }
      endFile(session, {
        output: `snapshot ${snapshot.digest}`,
        holdsSomething: snapshot.train + snapshot.validation > 0,
        next: 'see which rules exclude records: the key datasets of steerflow config show, and steerflow forget',
      })
    }),
  )
}

/** Adds `datasets pin` and `unpin`: protects a snapshot from removal. Reads and writes only the data folder, not the log. */
export function pinCommands(group: Command, session: Session): void {
  const add = (name: string, description: string, work: typeof pin, did: string): void => {
    const command = group
      .command(name)
      .description(description)
      .argument('<dataset>')
      .argument('<digest>', 'snapshot, by the start of its digest')
      .addHelpText('after', `\nExamples:\n  steerflow datasets ${name} steerlm 8f3a\n`)
    withConfig(command).action(async (dataset: string, given: string, flags: ConfigFlags) => {
      const config = configOf(flags)
      needFolder(config)
      const root = resolve(config.dataDir)
      const { digest } = await findSnapshot(root, dataset, given)
      await work(root, dataset, digest)
      await session.out(`${did} ${dataset} ${digest}\n`)
    })
  }
  add('pin', 'Keep a snapshot regardless of the keep rules until it is unpinned.', pin, 'pinned')
  add('unpin', 'Apply the keep rules to a pinned snapshot again.', unpin, 'unpinned')
}

/** A row of the list, with the number of snapshots and their size on disk. */
type Row = DatasetRow & { readonly snapshots: number; readonly snapshot_bytes: number }

const columns = [
  'dataset',
  'version',
  'train',
  'validation',
  'shards',
  'attribute set',
  'snapshots',
  'snapshot',
] as const

const cells = (row: Row): readonly string[] => [
  row.dataset,
  String(row.version),
  thousands(row.train),
  thousands(row.validation),
  thousands(row.shards),
  row.attribute_sets.join(', '),
  row.snapshots === 0 ? '0' : `${row.snapshots}, ${size(row.snapshot_bytes)}`,
  row.snapshot ?? 'none yet',
]

const read = async ({ log, root }: Workspace) => {
  const events = await readTopic(log, jobs)
  const rows: Row[] = []
  for (const row of datasetRows(await readTopic(log, shards), events)) {
    const { length: snapshots } = await snapshotDigests(root, row.dataset)
    const { bytes } = await folderSize(below(root, 'datasets', row.dataset))
    rows.push({ ...row, snapshots, snapshot_bytes: bytes })
  }
  return { rows, events }
}

/**
 * `datasets list|show|snapshot|export|gc|pin|unpin|verify`: sealed data, its snapshots, and the decisions to train on it.
 */
export const datasets: Verb = (program, session) => {
  const group = program
    .command('datasets')
    .description('Inspect, snapshot, export and verify datasets.')
    .addHelpText('after', '\nExamples:\n  steerflow datasets list\n  steerflow datasets show steerlm --json\n')

  const list = group
    .command('list')
    .description('List the datasets, one row each.')
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: ConfigFlags & { json?: true }) =>
    lookInWorkspace(configOf(flags), async workspace => {
      const { rows } = await read(workspace)
      if (flags.json) for (const row of rows) await session.json(row)
      else if (rows.length === 0) await session.out('no datasets\n')
      else await session.out(`${table([columns, ...rows.map(cells)], [0, 5, 6, 7]).join('\n')}\n`)
    }),
  )

  const show = group
    .command('show')
    .description('Show a dataset with every decision to train on it.')
    .argument('<dataset>')
    .option('--json', 'print JSON')
  withConfig(show).action((name: string, flags: ConfigFlags & { json?: true }) =>
    lookInWorkspace(configOf(flags), async workspace => {
      const { rows, events } = await read(workspace)
      const row = rows.find(({ dataset }) => dataset === name)
      if (!row) throw new SteerflowError('STEERFLOW_USAGE', `there is no dataset ${name}; see steerflow datasets list`)
      const decisions = decisionsOn(events, name)
      if (flags.json) {
        await session.json({ ...row, decisions })
        return
      }
      const facts = columns.map((column, index) => [column, cells(row)[index] ?? ''])
      await session.out(`${table(facts, [0, 1]).join('\n')}\n\ndecisions\n`)
      for (const one of decisions) {
        await session.out(`  ${decisionText(one)}\n`)
        for (const line of gateLines(one.decision)) await session.out(`    ${line}\n`)
      }
      if (decisions.length === 0) await session.out('  none yet\n')
    }),
  )

  snapshotCommand(group, session)
  exportCommand(group, session)
  gcCommand(group, session, 'snapshot', wholeNumber(1))
  pinCommands(group, session)
  verifyCommand(group, session)
}
