import type { FileStore } from '../../adapters/storage/file-store.js'
import { shardLines } from '../../adapters/storage/shard-lines.js'
import { explain, SteerflowError } from '../../domain/errors.js'
import type { ShardManifest } from '../../domain/shard.js'
import { trigger } from '../../stages/trigger.js'
import { shards as topic } from '../../topics.js'
import { exitCodes, type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { size } from '../doctor/units.js'
import { table, thousands } from '../render/bars.js'
import { progress } from '../render/progress.js'
import { collectGarbage } from '../training/collect-garbage.js'
import { datasetNames, liveOf } from '../training/datasets.js'
import { inWorkspace, lookInWorkspace, type Workspace } from '../workspace.js'

/** Result of verifying a shard. */
export interface VerifiedShard {
  readonly path: string
  readonly records: number
  /** Null for an intact shard. */
  readonly problem: string | null
}

/** Reads shards completely and compares them with their manifests. */
export async function* verifyShards(
  files: FileStore,
  manifests: readonly ShardManifest[],
): AsyncIterable<VerifiedShard> {
  for (const manifest of manifests) {
    let records = 0
    let problem: string | null = null
    try {
      for await (const batch of shardLines(files, manifest)) records += batch.length
    } catch (error) {
      problem = explain(error)
    }
    yield { path: manifest.path, records, problem }
  }
}

interface Flags extends ConfigFlags {
  readonly dataset?: string
  readonly json?: true
}

interface GcFlags extends ConfigFlags {
  readonly dryRun?: true
  readonly olderVersions?: true
  readonly json?: true
}

async function live({ log }: Workspace, { dataset }: Flags): Promise<readonly ShardManifest[]> {
  const events = await readTopic(log, topic)
  const names = datasetNames(events)
  if (dataset === undefined) return names.flatMap(name => liveOf(events, name))
  if (names.includes(dataset)) return liveOf(events, dataset)
  throw new SteerflowError('STEERFLOW_USAGE', `there is no dataset ${dataset}; see steerflow datasets list`)
}

/** `shards list|verify|gc`: lists live shards, verifies them, and removes unused files. */
export const shards: Verb = (program, session) => {
  const group = program
    .command('shards')
    .description('List sealed shards, verify their digests, and remove files left by killed processes.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow shards list --dataset steerlm\n  steerflow shards verify\n  steerflow shards gc --dry-run\n',
    )

  const list = group
    .command('list')
    .description('List the live shards, one row each, with their offsets.')
    .option('--dataset <name>', 'only those of one dataset')
    .option('--json', 'print manifests as JSON lines')
  withConfig(list).action((flags: Flags) =>
    lookInWorkspace(configOf(flags), async workspace => {
      const manifests = await live(workspace, flags)
      if (flags.json) {
        for (const manifest of manifests) await session.json(manifest)
        return
      }
      const rows = manifests.map(({ path, records, bytes, topic, partition, from, to, reason }) => [
        path,
        thousands(records),
        thousands(bytes),
        `${topic}/${partition} [${from}, ${to})`,
        reason,
      ])
      await session.out(
        `${table([['path', 'records', 'bytes', 'offsets', 'cut by'], ...rows], [0, 3, 4]).join('\n')}\n`,
      )
    }),
  )

  const verify = group
    .command('verify')
    .description('Read every live shard and compare it with its manifest; exit code 1 if one differs.')
    .option('--dataset <name>', 'only those of one dataset')
    .option('--json', 'print JSON lines')
  withConfig(verify).action((flags: Flags) =>
    lookInWorkspace(configOf(flags), async workspace => {
      let damaged = 0
      let whole = 0
      const manifests = await live(workspace, flags)
      const records = manifests.reduce((sum, manifest) => sum + manifest.records, 0)
      const shown = progress(session, 'verify', 'records', records)
      for await (const verified of verifyShards(workspace.files, manifests)) {
        shown.add(verified.records, verified.path)
        if (verified.problem === null) whole++
        else damaged++
        if (flags.json) await session.json(verified)
        else if (verified.problem !== null) await session.out(`${verified.problem}\n`)
      }
      session.err(`${whole} shards are intact, ${damaged} are damaged\n`)
      if (damaged > 0) session.exit(exitCodes.failed)
    }),
  )

  const gc = group
    .command('gc')
    .description('Remove files left by killed processes, which no manifest will ever name. Safe beside a run.')
    .option('--dry-run', 'only list what would be removed')
    .option('--older-versions', 'also remove files of older dataset versions that the trigger has passed')
    .option('--json', 'print JSON lines')
  withConfig(gc).action((flags: GcFlags) =>
    inWorkspace(
      configOf(flags),
      async ({ log, files, config }) => {
        const { dryRun = false, olderVersions: older = false } = flags
        const seals = config.flow.nodes.filter(({ stage }) => stage.kind === 'closing')
        const triggers = config.flow.nodes.filter(({ stage }) => stage.name === trigger.name).map(({ name }) => name)
        const collecting = collectGarbage({ log, files, seals, triggers, older, dryRun })
        let found = await collecting.next()
        let [count, bytes] = [0, 0]
        for (; !found.done; found = await collecting.next()) {
          count++
          bytes += found.value.bytes ?? 0
          const { path, bytes: of, why } = found.value
          if (flags.json) await session.json(found.value)
          else await session.out(`${path}  ${of === null ? '' : `${size(of)}, `}${why}\n`)
        }
        const { live, older: replaced, open, foreign } = found.value
        const did = dryRun ? 'would be removed' : 'removed'
        session.err(`${count} ${did}, ${size(bytes)}; of the rest, ${live} are live, ${open} may become live, `)
        session.err(`${replaced} belong to older dataset versions, ${foreign} are foreign\n`)
      },
      { looks: flags.dryRun ?? false },
    ),
  )
}
