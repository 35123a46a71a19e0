import { type Eaten, allSnapshots, findTree } from '../../adapters/snapshot/find-tree.js'
import { jobStates } from '../../domain/job-states.js'
import type { JobEvent, Snapshot } from '../../domain/job.js'
import { latestModels } from '../../domain/model-registry.js'
import type { ModelRecord } from '../../domain/model.js'
import { isForgotten, type Forgotten } from '../../domain/forgotten.js'
import { DatasetName } from '../../domain/shard.js'
import { encode } from '../../stages/node.js'
import * as topics from '../../topics.js'
import type { Session, Verb } from '../command.js'
import { SteerflowError } from '../../domain/errors.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { table } from '../render/bars.js'
import { progress } from '../render/progress.js'
import { inWorkspace, type Workspace } from '../workspace.js'

/** What used the snapshots: the jobs that read them, in their latest state, and the resulting models. */
export interface Eaters {
  readonly jobs: readonly JobEvent[]
  readonly models: readonly ModelRecord[]
}

const of = (eaten: readonly Eaten[], dataset: string, digest: string): boolean =>
  eaten.some(({ snapshot }) => snapshot.dataset === dataset && snapshot.digest === digest)

const read = (job: JobEvent): boolean => job.state !== 'refused'

/** The jobs and models that used these snapshots; a refused job used nothing. */
export const eatersOf = (
  eaten: readonly Eaten[],
  jobs: readonly JobEvent[],
  models: readonly ModelRecord[],
): Eaters => ({
  jobs: [...jobStates(jobs).values()].filter(job => read(job) && of(eaten, job.dataset, job.snapshot.digest)),
  models: latestModels(models).filter(({ dataset, snapshot }) => of(eaten, dataset, snapshot)),
})

/** Short name of a snapshot. */
export const snapshotText = ({ dataset, digest }: Pick<Snapshot, 'dataset' | 'digest'>): string =>
  `${dataset} ${digest.slice(0, 12)}`

interface Flags extends ConfigFlags {
  readonly tree: string
  readonly dataset?: string
  readonly reason: string
  readonly dryRun?: true
  readonly json?: true
}

/** `forget`: excludes a tree from all future snapshots and lists what already used it. */
export const forget: Verb = (program, session) => {
  const command = program
    .command('forget')
    .summary('Exclude a tree from all future snapshots and list what already used it.')
    .description(
      `Records that a tree is to be forgotten: every later snapshot leaves it out, even if it is ingested again.
Then lists the snapshots that contain it, the jobs that read them, and the resulting models. Nothing is deleted:
the tree's records stay in topics and shards as long as these keep them, and existing snapshots do not change.`,
    )
    .requiredOption('--tree <id>', 'tree_id of its conversations')
    .option('--dataset <name>', 'only for this dataset (default: all, including future ones)')
    .option('--reason <text>', 'reason to record', '')
    .option('--dry-run', 'only list, record nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  steerflow forget --tree 6ab24d72-0181-4594-a9cd-deaf170242fb --dry-run
  steerflow forget --tree 6ab24d72-0181-4594-a9cd-deaf170242fb --reason "requested by its author"
  steerflow datasets snapshot steerlm      a snapshot without it, now`,
    )
  withConfig(command).action((flags: Flags) =>
    inWorkspace(configOf(flags), workspace => run(workspace, flags, session), { looks: flags.dryRun ?? false }),
  )
}

async function run(workspace: Workspace, flags: Flags, session: Session): Promise<void> {
  const { log } = workspace
  if (flags.dataset !== undefined && !DatasetName.safeParse(flags.dataset).success) {
    throw new SteerflowError('STEERFLOW_USAGE', `${JSON.stringify(flags.dataset)} cannot be the name of a dataset`)
  }
  const dataset = flags.dataset ?? null
  const known = isForgotten(await readTopic(log, topics.forgotten), flags.tree, dataset)
  // Published first, so that a failing or slow search does not delay it.
  if (!known && !flags.dryRun) {
    const at = new Date().toISOString()
    const record: Forgotten = { tree_id: flags.tree, dataset, at, reason: flags.reason }
    await log.publish([encode(topics.forgotten, record)])
  }
  const eaten = await search(workspace, flags.tree, dataset, session)
  const eaters = eatersOf(eaten, await readTopic(log, topics.jobs), await readTopic(log, topics.models))
  const recorded = known ? 'before' : flags.dryRun ? 'no' : 'now'
  if (flags.json) await session.json(asJson(flags.tree, dataset, recorded, eaten, eaters))
  else await session.out(asText(flags.tree, dataset, recorded, eaten, eaters))
}

/** The snapshots that contain the tree. */
async function search({ root }: Workspace, tree: string, dataset: string | null, session: Session) {
  const snapshots = await allSnapshots(root, dataset)
  const bytes = snapshots.reduce((sum, { splits }) => sum + splits.train.bytes + splits.validation.bytes, 0)
  const shown = progress(session, 'search snapshots', 'bytes', bytes)
  const eaten: Eaten[] = []
  for (const snapshot of snapshots) {
    const found = await findTree(root, snapshot, tree, read => shown.add(read))
    if (found) eaten.push(found)
  }
  shown.done(`in ${eaten.length} of ${snapshots.length} snapshots`)
  return eaten
}

type Recorded = 'now' | 'before' | 'no'

const asJson = (tree: string, dataset: string | null, recorded: Recorded, eaten: readonly Eaten[], eaters: Eaters) => ({
  tree_id: tree,
  dataset,
  recorded,
  snapshots: eaten.map(({ snapshot, records }) => ({ ...snapshot, records })),
  jobs: eaters.jobs.map(({ job, dataset: of, state, snapshot }) => ({
    job,
    dataset: of,
    state,
    snapshot: snapshot.digest,
  })),
  models: eaters.models.map(({ model, role, state, digest, snapshot }) => ({ model, role, state, digest, snapshot })),
})

function asText(
  tree: string,
  dataset: string | null,
  recorded: Recorded,
  eaten: readonly Eaten[],
  { jobs, models }: Eaters,
): string {
  const scope = dataset === null ? 'every later snapshot' : `every later snapshot of ${dataset}`
  const first = {
    now: `${tree} is excluded from ${scope}`,
    before: `${tree} was already excluded from ${scope}`,
    no: `${tree} would be excluded from ${scope}; nothing was recorded`,
  }[recorded]
  const parts: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      'snapshots',
      eaten.map(({ snapshot, records }) => [
        snapshotText(snapshot),
        `${records.train} train, ${records.validation} validation records`,
      ]),
    ],
    [
      'jobs',
      jobs.map(({ job, state, dataset: of, snapshot }) => [
        job,
        state,
        snapshotText({ dataset: of, digest: snapshot.digest }),
      ]),
    ],
    ['models', models.map(({ model, role, state }) => [model, role, state])],
  ]
  const sections = parts.map(([name, rows]) => {
    const lines = rows.length === 0 ? ['none'] : table(rows, [0, 1, 2])
    return `${name} that used it:\n${lines.map(line => `  ${line}\n`).join('')}`
  })
  return `${first}\n${sections.join('')}`
}
