import type { RoundEvent } from './bootstrap/round.js'
import type { JobEvent } from './job.js'
import { isOpen, jobStates } from './job-states.js'
import { registryOf } from './model-registry.js'
import type { ModelRecord } from './model.js'

/** The jobs, models and rounds on record. */
export interface OnRecord {
  readonly jobs: readonly JobEvent[]
  readonly models: readonly ModelRecord[]
  readonly rounds: readonly RoundEvent[]
  /** How many models of a role are kept beside those in use: of the newest, and of those active last; null: all. */
  readonly keepModels: number | null
}

/** Why a snapshot (by dataset and digest) or a job's folder (by the job's name) is needed; empty if it is not. */
export interface Needs {
  readonly snapshot: (dataset: string, digest: string) => readonly string[]
  readonly job: (name: string) => readonly string[]
}

/** Reasons, by the thing that they apply to. */
class Reasons {
  readonly #found = new Map<string, Set<string>>()

  add(key: string, why: string): void {
    this.#found.set(key, (this.#found.get(key) ?? new Set()).add(why))
  }

  of = (key: string): readonly string[] => [...(this.#found.get(key) ?? [])]
}

const snapshotKey = (dataset: string, digest: string): string => `${dataset}/${digest}`

/** The models whose files and training data are kept, with the reason. */
function keptModels({ models, rounds, keepModels }: OnRecord): ReadonlyMap<ModelRecord, string> {
  const asked = new Map<string, string>()
  for (const { round, policy, opening } of rounds) {
    for (const digest of [policy?.digest, opening?.policy.digest, opening?.value_model]) {
      if (digest !== undefined) asked.set(digest, round)
    }
  }
  const kept = new Map<ModelRecord, string>()
  for (const { models: known, active, history, undecided } of registryOf(models).values()) {
    const most = keepModels ?? Infinity
    const newest = new Set([...known.keys()].reverse().slice(0, most))
    const before = new Set(history.toReversed().slice(0, most))
    for (const [name, model] of known) {
      const round = asked.get(model.digest)
      if (name === active?.model) kept.set(model, `model ${name} is active`)
      else if (round !== undefined) kept.set(model, `round ${round} uses model ${name}`)
      else if (before.has(name)) kept.set(model, `model ${name} was active, a rollback may take it`)
      else if (newest.has(name)) kept.set(model, `model ${name} is one of the newest`)
      else if (undecided.some(one => one.model === name)) kept.set(model, `nothing is decided on model ${name} yet`)
    }
  }
  return kept
}

/** Finds what is needed, from everything on record. */
export function neededBy(record: OnRecord): Needs {
  const [snapshots, jobs] = [new Reasons(), new Reasons()]
  const rendered = new Map<string, JobEvent>()
  for (const job of jobStates(record.jobs).values()) {
    if (job.state === 'rendered') rendered.set(job.dataset, job)
    if (!isOpen(job.state) && job.state !== 'unknown') continue
    jobs.add(job.job, `it is ${job.state}`)
    snapshots.add(snapshotKey(job.snapshot.dataset, job.snapshot.digest), `job ${job.job} is ${job.state}`)
  }
  // Files that wait for somebody to run them: the newest of each dataset.
  for (const { job, snapshot } of rendered.values()) {
    jobs.add(job, 'it waits for somebody to run it')
    snapshots.add(snapshotKey(snapshot.dataset, snapshot.digest), `job ${job} waits for somebody to run it`)
  }
  for (const [{ dataset, snapshot, job }, why] of keptModels(record)) {
    if (job !== '') jobs.add(job, why)
    if (snapshot !== '') snapshots.add(snapshotKey(dataset, snapshot), why)
  }
  for (const { round, opening } of record.rounds) {
    if (opening)
      snapshots.add(snapshotKey(opening.snapshot.dataset, opening.snapshot.digest), `round ${round} is made of it`)
  }
  return { snapshot: (dataset, digest) => snapshots.of(snapshotKey(dataset, digest)), job: jobs.of }
}
