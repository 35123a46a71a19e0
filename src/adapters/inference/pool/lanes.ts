import { type Job } from './job.js'

/** Jobs that wait for an endpoint, in order of arrival, apart for each model. */
export class Lanes {
  readonly #lanes = new Map<string, Job[]>()

  /** Adds a job behind the others, or before them when it lost its turn through no fault of its own. */
  add(job: Job, where: 'front' | 'back'): void {
    const { model } = job.work
    const lane = this.#lanes.get(model) ?? []
    if (where === 'front') lane.unshift(job)
    else lane.push(job)
    this.#lanes.set(model, lane)
  }

  /** The models for which something waits. */
  models(): string[] {
    return [...this.#lanes.keys()]
  }

  /** The next job of a model that nobody has given up yet. */
  next(model: string): Job | null {
    const lane = this.#lanes.get(model)
    while (lane?.[0]?.settled) lane.shift()
    if (lane?.[0]) return lane[0]
    this.#lanes.delete(model)
    return null
  }

  /** Takes the job that `next` returns. */
  take(model: string): void {
    this.#lanes.get(model)?.shift()
  }
}
