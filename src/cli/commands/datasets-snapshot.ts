import { type Command } from 'commander'
import { SteerflowError } from '../../domain/errors.js'
import { shards } from '../../topics.js'
import { type Session } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { thousands } from '../render/bars.js'
import { liveOf } from '../training/datasets.js'
import { snapshotsOf } from '../training/snapshots.js'
import { inWorkspace } from '../workspace.js'

/** Adds `datasets snapshot`: a snapshot of what is sealed now, without a decision and a job. */
export function snapshotCommand(group: Command, session: Session): void {
  const command = group
    .command('snapshot')
    .summary('materialise a snapshot of what is sealed now')
    .description(
      `Materialises a snapshot of the shards that are sealed now and points latest.json at it. No training is asked for.
Works beside a running pipeline; where nothing has changed it is the snapshot that is there.`,
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
          `nothing is sealed of a dataset ${dataset}; see steerflow datasets list`,
        )
      }
      const snapshot = await (await snapshotsOf(workspace)).materialise(dataset, manifests)
      if (flags.json) session.out(`${JSON.stringify(snapshot)}\n`)
      else {
        const { path, train, validation } = snapshot
        session.out(`${path}: ${thousands(train)} train, ${thousands(validation)} validation records\n`)
      }
    }),
  )
}
