import { activeValueModel } from '../../adapters/models/value-models.js'
import type { JobEvent } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import type { Wait } from '../../runtime/waits.js'
import type { GateResult } from '../../domain/gates/gate.js'
import type { Trainer } from '../../trainers/trainer.js'
import { SteerflowError } from '../../domain/errors.js'
import { type NodeLag, nodeLags } from '../../runtime/lag.js'
import { unlessAway } from '../../runtime/retry.js'
import { jobs as topic } from '../../topics.js'
import { isRelabelNode } from '../../pipeline.js'
import { waitingNodes } from './asking-nodes.js'
import type { LiveRow } from '../render/live-row.js'
import { latestJobs } from '../summary/collect.js'
import type { Workspace } from '../workspace.js'
import type { Opened } from './capabilities.js'
import { outageError } from './outage-limit.js'

/** The dataset that the pipeline trains its value model on. */
const valueDataset = 'value-model'

const isOfValueModel =
  (trainers: readonly Trainer[]) =>
  ({ dataset, trainer }: JobEvent): boolean =>
    dataset === valueDataset || trainers.find(({ name }) => name === trainer)?.role === 'value'

/** True if the last decision on the value model's data means that there will be no model. */
export const isDecided = (
  waiting: readonly Pick<Wait, 'what'>[],
  jobs: readonly JobEvent[],
  trainers: readonly Trainer[],
): boolean =>
  waiting.every(({ what }) => what === activeValueModel) &&
  jobs.filter(isOfValueModel(trainers)).some(({ state }) => !isOpen(state) && state !== 'succeeded')

/** Why the awaited models do not come, and the next step, from the last decision on each dataset. */
export function whyNoModel(
  waiting: readonly Pick<Wait, 'what'>[],
  jobs: readonly JobEvent[],
  trainers: readonly Trainer[],
): string {
  if (!waiting.some(({ what }) => what === activeValueModel)) {
    return 'start a server that serves it, or promote another with steerflow models promote'
  }
  const told = jobs.filter(isOfValueModel(trainers)).map(job => `the job ${job.job} ${becameOf(job)}`)
  if (told.length > 0) return told.join('; ')
  return (
    `no job was requested for the dataset ${valueDataset}, which consists of conversations with human labels; ` +
    `ingest some, set a trainer in datasets.${valueDataset}.trainer, or set annotate.endpoints`
  )
}

/** The outcome of a job, and the next step. */
function becameOf(job: JobEvent): string {
  const { state, detail, dataset } = job
  const why = detail === null ? '' : ` (${detail})`
  if (state === 'refused') return `was refused: ${refusal(job)}`
  if (state === 'rendered') {
    return `was rendered but not run: run run.sh in ${job.folder ?? 'its folder'} and serve its model at annotate.endpoints, or set datasets.${dataset}.launcher to exec`
  }
  if (state === 'succeeded') {
    return `succeeded${why}, but its model is not active:  see steerflow models list, then steerflow models promote`
  }
  return `is ${state}${why}: steerflow jobs retry ${job.job} requests it again`
}

/** The failed gates with their values. */
function refusal({ decision, dataset }: JobEvent): string {
  const against = (decision.gates ?? []).filter(({ held }) => !held)
  if (against.length === 0) return decision.rule
  return against.map(gate => gateAgainst(gate, dataset)).join('; ')
}

function gateAgainst({ rule, value, threshold }: GateResult, dataset: string): string {
  if (rule === 'one attribute set') {
    return `its records have several attribute sets, ${value}, but a model learns only one; ingest the data of each set with its own --data-dir`
  }
  if (rule === 'trainer') {
    return `${dataset} has no trainer; set datasets.${dataset}.trainer or annotate.endpoints`
  }
  const seen = value === null ? 'nothing' : String(value)
  const wanted =
    threshold === null ? '' : `, ${rule.startsWith('stability') ? 'at most' : 'at least'} ${threshold} required`
  return `${rule}: ${seen} seen${wanted}; change datasets.${dataset}.when, or ingest more`
}

/** Longest time in which a run only waits, in milliseconds; shorter if the decisions show that nothing will come. */
const patienceMs = { decided: 2_000, undecided: 10_000 }

/** State of a run, for its watch. */
export interface WatchedRun {
  readonly rows: readonly LiveRow[]
  /** True if all sources are ingested. */
  readonly sourcesEnded: boolean
}

/** Queries of a watch to its run. */
export interface Watching {
  /** Current waits. */
  readonly waits: () => readonly Wait[]
  /** Calls of inference servers in flight. */
  readonly calls: () => number
  /** Duration of the current outage in milliseconds, and its latest cause; null if there is none. */
  readonly outage: () => { readonly ms: number; readonly cause: string } | null
  /** Limit on an outage, in milliseconds; null: no limit. */
  readonly retryForMs: number | null
  /** True if the run carries out training jobs; a failed job then ends it. */
  readonly trains: boolean
}

/** The queries of a watch, answered by the opened capabilities of a run. */
export const watching = (opened: Opened, retryForMs: number | null, trains = true): Watching => ({
  waits: () => opened.waits(),
  calls: () => opened.calls(),
  outage: () => opened.outage(),
  retryForMs,
  trains,
})

/**
 * Watches a run with --until-idle for conditions that keep it from ending: a failed training job, a long outage of servers,
 * and work that waits for something that nothing will produce. While the log cannot be read, it concludes nothing.
 * @throws STEERFLOW_JOB_FAILED, STEERFLOW_OUTAGE, STEERFLOW_STUCK
 */
export function stuckWatch({ log, config }: Workspace, { waits, calls, outage, retryForMs, trains }: Watching) {
  const waitingFor = waitingNodes(config.flow.nodes)
  const asks = (node: string): boolean => waitingFor.has(node) || isRelabelNode(node)
  let since: { readonly at: number; readonly figures: string } | null = null
  let known = { end: -1n, jobs: [] as readonly JobEvent[] }
  /** Read again only if the topic has grown, since the watch runs several times a second. */
  const jobsNow = async (): Promise<readonly JobEvent[]> => {
    const end = (await log.state(topic.name)).reduce((sum, state) => sum + state.end, 0n)
    if (end !== known.end) known = { end, jobs: await latestJobs(log) }
    return known.jobs
  }
  /** True if another process has work that could end the wait; all other nodes of this process are done. */
  const othersAtWork = async (): Promise<boolean> => {
    if (!log.features.sharesPartitions) return false
    const busy = ({ node, members, partitions }: NodeLag): boolean =>
      !asks(node) && (members?.length ?? 0) > 0 && partitions.some(({ lag }) => lag > 0n)
    return (await nodeLags(log, config.flow.nodes)).some(busy)
  }
  return async ({ rows, sourcesEnded }: WatchedRun, now = performance.now()): Promise<void> => {
    const jobs = await unlessAway(jobsNow, null)
    if (jobs === null) return
    const failed = jobs.find(({ state }) => state === 'failed' || state === 'unknown')
    if (trains && failed)
      throw new SteerflowError('STEERFLOW_JOB_FAILED', `${failed.job}: ${failed.detail ?? failed.state}`)
    const away = outage()
    if (away && retryForMs !== null && away.ms >= retryForMs) {
      throw outageError(retryForMs, away.cause)
    }
    const waiting = waits()
    const idle = rows.every(row => asks(row.node) || row.behind + row.inFlight + row.held === 0)
    const nothingComes = sourcesEnded && idle && away === null && calls() === 0 && !jobs.some(job => isOpen(job.state))
    if (waiting.length === 0 || !nothingComes) {
      since = null
      return
    }
    const figures = rows.map(row => `${row.node} ${row.in} ${row.out}`).join()
    if (since?.figures !== figures) since = { at: now, figures }
    const decided = isDecided(waiting, jobs, config.flow.trainers)
    if (now - since.at < patienceMs[decided ? 'decided' : 'undecided']) return
    if (await unlessAway(othersAtWork, true)) since = { at: now, figures }
    else throw stuck(whyNoModel(waiting, jobs, config.flow.trainers), waiting)
  }
}

function stuck(why: string, waiting: readonly Wait[]): SteerflowError {
  const all = waiting.map(({ what }) => what).join(', ')
  return new SteerflowError('STEERFLOW_STUCK', `conversations wait for ${all}, which will not come: ${why}`)
}
