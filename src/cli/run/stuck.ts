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

/** The dataset on which the pipeline trains its value model. */
const valueDataset = 'value-model'

const isOfValueModel =
  (trainers: readonly Trainer[]) =>
  ({ dataset, trainer }: JobEvent): boolean =>
    dataset === valueDataset || trainers.find(({ name }) => name === trainer)?.role === 'value'

/** Whether the last decision on the value model's data says that no model will come of it. */
export const isDecided = (
  waiting: readonly Pick<Wait, 'what'>[],
  jobs: readonly JobEvent[],
  trainers: readonly Trainer[],
): boolean =>
  waiting.every(({ what }) => what === activeValueModel) &&
  jobs.filter(isOfValueModel(trainers)).some(({ state }) => !isOpen(state) && state !== 'succeeded')

/** Why nothing that is waited for comes, and what to do: read from the last decision on each dataset. */
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
    `no job was asked for on the dataset ${valueDataset}, which is made of conversations with human labels; ` +
    `take such in, name a trainer in datasets.${valueDataset}.trainer, or set annotate.endpoints`
  )
}

/** What became of a job, and the next step. */
function becameOf(job: JobEvent): string {
  const { state, detail, dataset } = job
  const why = detail === null ? '' : ` (${detail})`
  if (state === 'refused') return `was refused: ${refusal(job)}`
  if (state === 'rendered') {
    return `was rendered and nobody ran it: run it with run.sh in ${job.folder ?? 'its folder'} and serve its model at annotate.endpoints, or take the launcher exec in datasets.${dataset}.launcher`
  }
  if (state === 'succeeded') {
    return `succeeded${why}, and its model is not active: see steerflow models list, then steerflow models promote`
  }
  return `is ${state}${why}: steerflow jobs retry ${job.job} asks for it again`
}

/** The gates that did not hold, with what they saw. */
function refusal({ decision, dataset }: JobEvent): string {
  const against = (decision.gates ?? []).filter(({ held }) => !held)
  if (against.length === 0) return decision.rule
  return against.map(gate => gateAgainst(gate, dataset)).join('; ')
}

function gateAgainst({ rule, value, threshold }: GateResult, dataset: string): string {
  if (rule === 'one attribute set') {
    return `its records are of several attribute sets, ${value}, and a model learns one set; take each kind in with a --data-dir of its own`
  }
  if (rule === 'trainer') {
    return `nobody trains on ${dataset}; name a trainer in datasets.${dataset}.trainer, or set annotate.endpoints`
  }
  const seen = value === null ? 'nothing' : String(value)
  const wanted =
    threshold === null ? '' : `, ${rule.startsWith('stability') ? 'at most' : 'at least'} ${threshold} wanted`
  return `${rule}: ${seen} seen${wanted}; change datasets.${dataset}.when, or take in more`
}

/** How long nothing but waiting may go on, in milliseconds: less where it is on record that nothing will come. */
const patienceMs = { decided: 2_000, undecided: 10_000 }

/** What a watch is told of the run that it looks at. */
export interface WatchedRun {
  readonly rows: readonly LiveRow[]
  /** Whether all sources were taken in. */
  readonly sourcesEnded: boolean
}

/** What a watch asks of the run that it looks at. */
export interface Watching {
  /** What is waited for now. */
  readonly waits: () => readonly Wait[]
  /** Calls of inference servers that are under way now. */
  readonly calls: () => number
  /** Since when no server answers, in milliseconds, and what the last one said; null when all is well. */
  readonly outage: () => { readonly ms: number; readonly cause: string } | null
  /** How long an outage is waited for, in milliseconds; null: for ever. */
  readonly retryForMs: number | null
  /** Whether the run carries training jobs: one that failed then ends it. */
  readonly trains: boolean
}

/** What a watch asks of the opened capabilities of a run. */
export const watching = (opened: Opened, retryForMs: number | null, trains = true): Watching => ({
  waits: () => opened.waits(),
  calls: () => opened.calls(),
  outage: () => opened.outage(),
  retryForMs,
  trains,
})

/**
 * Watches a run that is to end by itself for what would keep it from ending: a training job that failed, servers that do
 * not answer for too long, and work that waits for what nobody makes. What it throws is its conclusion; while the log
 * cannot be read it has none.
 * @throws STEERFLOW_JOB_FAILED, STEERFLOW_OUTAGE, STEERFLOW_STUCK
 */
export function stuckWatch({ log, config }: Workspace, { waits, calls, outage, retryForMs, trains }: Watching) {
  const waitingFor = waitingNodes(config.flow.nodes)
  const asks = (node: string): boolean => waitingFor.has(node) || isRelabelNode(node)
  let since: { readonly at: number; readonly figures: string } | null = null
  let known = { end: -1n, jobs: [] as readonly JobEvent[] }
  /** Read anew only when the topic has grown: a run is watched several times a second. */
  const jobsNow = async (): Promise<readonly JobEvent[]> => {
    const end = (await log.state(topic.name)).reduce((sum, state) => sum + state.end, 0n)
    if (end !== known.end) known = { end, jobs: await latestJobs(log) }
    return known.jobs
  }
  /** Whether another process has something to do that could end the wait: here every other node is done. */
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
  return new SteerflowError('STEERFLOW_STUCK', `conversations wait for ${all}, and nobody makes it: ${why}`)
}
