import { jobBytes, jobFolders, removeJob, sweepJobs } from '../../adapters/launchers/stored-jobs.js'
import { snapshotDatasets } from '../../adapters/snapshot/read-snapshot.js'
import { removeSnapshot, storedSnapshots, sweepSnapshots } from '../../adapters/snapshot/stored-snapshots.js'
import { judge, type Keepable } from '../../domain/keep.js'
import { type Needs, neededBy } from '../../domain/needed.js'
import { surelyNow } from '../../runtime/clock.js'
import { models, rounds } from '../../topics.js'
import { datasetOf } from '../config.js'
import { readWholeTopic } from '../read-topic.js'
import type { Workspace } from '../workspace.js'
import { type JobHistory, jobHistories } from './jobs.js'

/** A snapshot or job folder, and the verdict of the keep rules on it. */
export interface KeptData {
  readonly kind: 'snapshot' | 'job'
  readonly dataset: string
  /** Digest of the snapshot, or name of the job. */
  readonly name: string
  readonly bytes: number
  readonly keep: boolean
  readonly why: readonly string[]
  /** Time of completion, in milliseconds since 1970. */
  readonly at: number
}

interface Facts {
  readonly needs: Needs
  readonly histories: ReadonlyMap<string, JobHistory>
}

/** Everything that may need snapshots or jobs, guaranteed to include all that is committed so far. */
async function factsOf({ log, config }: Workspace): Promise<Facts> {
  const histories = await jobHistories(log, true)
  const jobs = [...histories.values()].flatMap(({ steps }) => steps)
  const needs = neededBy({
    jobs,
    models: await readWholeTopic(log, models),
    rounds: await readWholeTopic(log, rounds),
    keepModels: config.models.keep,
  })
  return { needs, histories }
}

/** Verdicts on the snapshots of a dataset, or of all. The disk is read first, then the records that need snapshots. */
export async function keptSnapshots(
  workspace: Workspace,
  dataset: string | null,
  now: number,
): Promise<readonly KeptData[]> {
  const { root, config } = workspace
  const names = dataset === null ? await snapshotDatasets(root) : [dataset]
  const stored = await Promise.all(names.map(async name => ({ name, all: await storedSnapshots(root, name) })))
  const { needs } = await factsOf(workspace)
  return stored.flatMap(({ name, all }) => {
    const things = all.map(({ digest, at, needed }) => ({
      name: digest,
      at,
      needed: [...needed, ...needs.snapshot(name, digest)],
    }))
    const facts = new Map(all.map(one => [one.digest, one]))
    return judge(things, datasetOf(config, name).snapshot.keep, now).map(verdict => {
      const { bytes, at } = facts.get(verdict.name)!
      return { kind: 'snapshot' as const, dataset: name, bytes, at, ...verdict }
    })
  })
}

/** Verdicts on the job folders of a dataset, or of all. Folders without a recorded job are left alone. */
export async function keptJobs(
  workspace: Workspace,
  dataset: string | null,
  now: number,
): Promise<readonly KeptData[]> {
  const { root, config } = workspace
  const folders = await jobFolders(root)
  const { needs, histories } = await factsOf(workspace)
  const byDataset = new Map<string, Keepable[]>()
  for (const name of folders) {
    const job = histories.get(name)?.job
    if (job === undefined || (dataset !== null && job.dataset !== dataset)) continue
    const thing = { name, at: Date.parse(job.at), needed: needs.job(name) }
    byDataset.set(job.dataset, [...(byDataset.get(job.dataset) ?? []), thing])
  }
  const found: KeptData[] = []
  for (const [of, things] of byDataset) {
    for (const verdict of judge(things, datasetOf(config, of).jobs.keep, now)) {
      const { at } = things.find(({ name }) => name === verdict.name)!
      found.push({ kind: 'job', dataset: of, bytes: await jobBytes(root, verdict.name), at, ...verdict })
    }
  }
  return found
}

/**
 * Removes data of a dataset, or of all, that no rule keeps, and yields it together with the kept data. Safe beside a running
 * pipeline; the next call completes an interrupted removal.
 * @throws STEERFLOW_STORAGE, and errors of the store and the log
 */
export async function* collect(
  workspace: Workspace,
  of: {
    readonly kind: KeptData['kind']
    readonly dataset: string | null
    readonly dryRun: boolean
    readonly now: number
  },
): AsyncGenerator<KeptData> {
  const { root, files } = workspace
  const { kind, dataset, dryRun, now } = of
  const all = await (kind === 'snapshot' ? keptSnapshots : keptJobs)(workspace, dataset, now)
  for (const one of all) {
    if (one.keep || dryRun) {
      yield one
      continue
    }
    if (kind === 'job') await removeJob(root, one.name)
    else {
      const gone = await removeSnapshot(root, { dataset: one.dataset, digest: one.name, at: one.at }, files)
      if (!gone) {
        yield { ...one, keep: true, why: ['made again or pinned in the meantime'] }
        continue
      }
    }
    yield one
  }
  if (dryRun) return
  if (kind === 'job') await sweepJobs(root)
  else
    for (const name of dataset === null ? await snapshotDatasets(root) : [dataset])
      await sweepSnapshots(root, name, now)
}

/** Removes snapshots and jobs of a dataset that no rule keeps. Returns what was removed. */
export async function tidy(workspace: Workspace, dataset: string, now = surelyNow()): Promise<readonly KeptData[]> {
  const removed: KeptData[] = []
  for (const kind of ['job', 'snapshot'] as const) {
    for await (const one of collect(workspace, { kind, dataset, dryRun: false, now })) if (!one.keep) removed.push(one)
  }
  return removed
}
