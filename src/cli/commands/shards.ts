import { SteerflowError } from '../../domain/errors.js'
import { type ShardManifest } from '../../domain/shard.js'
import { shards as topic } from '../../topics.js'
import { exitCodes, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { table, thousands } from '../render/bars.js'
import { datasetNames, liveOf } from '../training/datasets.js'
import { verifyShards } from '../training/verify.js'
import { inWorkspace, type Workspace } from '../workspace.js'

interface Flags extends ConfigFlags {
  readonly dataset?: string
  readonly json?: true
}

async function live({ log }: Workspace, { dataset }: Flags): Promise<readonly ShardManifest[]> {
  const events = await readTopic(log, topic)
  const names = datasetNames(events)
  if (dataset === undefined) return names.flatMap(name => liveOf(events, name))
  if (names.includes(dataset)) return liveOf(events, dataset)
  throw new SteerflowError('STEERFLOW_USAGE', `there is no dataset ${dataset}; see steerflow datasets list`)
}

/** `shards list|verify`: the sealed files that count, and whether they are what was sealed. */
export const shards: Verb = (program, session) => {
  const group = program
    .command('shards')
    .description('Sealed shard files: list them, or check them against their digests.')
    .addHelpText('after', '\nExamples:\n  steerflow shards list --dataset steerlm\n  steerflow shards verify\n')

  const list = group
    .command('list')
    .description('One row a live shard, with the offsets that it holds.')
    .option('--dataset <name>', 'only those of one dataset')
    .option('--json', 'print manifests as JSON lines')
  withConfig(list).action((flags: Flags) =>
    inWorkspace(configOf(flags), async workspace => {
      const manifests = await live(workspace, flags)
      if (flags.json) {
        for (const manifest of manifests) session.out(`${JSON.stringify(manifest)}\n`)
        return
      }
      const rows = manifests.map(({ path, records, bytes, topic, partition, from, to, reason }) => [
        path,
        thousands(records),
        thousands(bytes),
        `${topic}/${partition} [${from}, ${to})`,
        reason,
      ])
      session.out(`${table([['path', 'records', 'bytes', 'offsets', 'cut by'], ...rows], [0, 3, 4]).join('\n')}\n`)
    }),
  )

  const verify = group
    .command('verify')
    .description('Read every live shard and compare it with its manifest; exit code 1 when one is not what was sealed.')
    .option('--dataset <name>', 'only those of one dataset')
    .option('--json', 'print JSON lines')
  withConfig(verify).action((flags: Flags) =>
    inWorkspace(configOf(flags), async workspace => {
      let damaged = 0
      let whole = 0
      for await (const verified of verifyShards(workspace.files, await live(workspace, flags))) {
        if (verified.problem === null) whole++
        else damaged++
        if (flags.json) session.out(`${JSON.stringify(verified)}\n`)
        else if (verified.problem !== null) session.out(`${verified.problem}\n`)
      }
      session.err(`${whole} shards are what was sealed, ${damaged} are not\n`)
      if (damaged > 0) session.exit(exitCodes.failed)
    }),
  )
}
