import type { PendingRequest } from './request.js'

/** How far ahead others of like length are looked for, in requests. */
const horizon = 4

/** Jobs that wait for an endpoint, in order of arrival, apart for each model. */
export class Lanes {
  readonly #lanes = new Map<string, PendingRequest[]>()

  /** Adds a job behind the others, or before them when it lost its turn through no fault of its own. */
  add(job: PendingRequest, where: 'front' | 'back'): void {
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

  /** How many wait for a model, those that were given up meanwhile included. */
  length(model: string): number {
    return this.#lanes.get(model)?.length ?? 0
  }

  /** The next job of a model that nobody has given up yet. */
  next(model: string): PendingRequest | null {
    const lane = this.#lanes.get(model)
    while (lane?.[0]?.settled) lane.shift()
    if (lane?.[0]) return lane[0]
    this.#lanes.delete(model)
    return null
  }

  /**
   * Takes the job that `next` returns, and up to `count - 1` behind it that may share its request. A request lasts as
   * long as its longest prompt: of those that come soon, the nearest in length are taken. The first always goes, so that
   * none waits for ever.
   */
  take(model: string, count: number): PendingRequest[] {
    const lane = this.#lanes.get(model)!
    const first = lane.shift()!
    if (count === 1 || first.alone || lane.length === 0) return [first]
    const near = lane.slice(0, horizon * count).filter(job => !job.settled && !job.alone)
    const apart = (job: PendingRequest): number => Math.abs(job.work.characters - first.work.characters)
    const taken = new Set(near.sort((a, b) => apart(a) - apart(b)).slice(0, count - 1))
    this.#lanes.set(model, [
      ...lane.slice(0, horizon * count).filter(job => !taken.has(job)),
      ...lane.slice(horizon * count),
    ])
    return [first, ...taken]
  }
}
