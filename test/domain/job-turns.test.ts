import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobEvent } from '../../src/domain/job.js'
import { isUnderWay } from '../../src/domain/job-states.js'
import { inTurn, type JobTurns, noJobs, withJobEvent } from '../../src/domain/job-turns.js'
import { job } from '../support/training.js'

const of = (dataset: string, name: string, given: Partial<JobEvent> = {}): JobEvent =>
  job({ dataset, job: `${dataset}-${name}`, launcher: 'exec', ...given })

const after = (...events: readonly JobEvent[]): JobTurns =>
  events.reduce((state, event, index) => withJobEvent(state, event, BigInt(index)), noJobs)

const names = (state: JobTurns, most: Record<string, number> = {}) => inTurn(state, most).map(({ job }) => job)
const steps = (event: JobEvent, ...states: readonly JobEvent['state'][]) =>
  states.map(state => ({ ...event, state, attempt: event.attempt + 1 }))

describe('the turns of jobs', () => {
  it('of a dataset put aside what was only asked for, and wait for what is under way', () => {
    const [a, b, c] = [of('x', 'a'), of('x', 'b'), of('x', 'c')]
    expect(names(after(a))).toEqual(['x-a'])
    const second = after(a, b)
    expect(second.replacing).toEqual([a])
    // The one may be beginning at this moment: what is recorded first holds.
    expect(names(second)).toEqual([])
    expect(names(after(a, b, { ...a, state: 'cancelled' }))).toEqual(['x-b'])
    const [launching, launched, running, succeeded] = steps(a, 'launching', 'launched', 'running', 'succeeded')
    expect(names(after(a, b, launching!, { ...a, state: 'cancelled' }))).toEqual([])
    const third = after(a, launching!, launched!, b, running!, c)
    expect(third.replacing).toEqual([b])
    expect(names(third)).toEqual([])
    expect(names(after(a, launching!, launched!, b, running!, c, { ...b, state: 'cancelled' }, succeeded!))).toEqual([
      'x-c',
    ])
  })

  it('go by launcher as far as it has room, in the order of their requests', () => {
    const asked = [of('x', 'a'), of('y', 'a', { launcher: 'slurm' }), of('z', 'a'), of('v', 'a')]
    expect(names(after(...asked), { exec: 1 })).toEqual(['x-a', 'y-a'])
    expect(names(after(...asked), { exec: 2 })).toEqual(['x-a', 'y-a', 'z-a'])
    expect(names(after(...asked))).toEqual(['x-a', 'y-a', 'z-a', 'v-a'])
    expect(names(after(...asked, ...steps(asked[2]!, 'launching')), { exec: 1 })).toEqual(['y-a'])
  })

  it('come again for a job that was put aside and is asked for anew, under another request', () => {
    const [a, b] = [of('x', 'a'), of('x', 'b')]
    const state = after(a, b, { ...a, state: 'cancelled' }, a)
    expect(state.replacing).toEqual([b])
    expect(state.waiting.map(({ job, request, replaced }) => [job, request, replaced])).toEqual([
      ['x-b', 1n, true],
      ['x-a', 3n, false],
    ])
  })

  it('take several of a dataset as an older version left them, and one after those', () => {
    const [a, b, c] = [of('x', 'a'), of('x', 'b'), of('x', 'c')]
    const old = [a, b, ...steps(a, 'launching', 'launched'), ...steps(b, 'launching', 'launched', 'running')]
    expect(after(...old).waiting).toEqual([])
    expect(names(after(...old, c))).toEqual([])
    expect(names(after(...old, c, ...steps(b, 'succeeded')))).toEqual([])
    expect(names(after(...old, c, ...steps(b, 'succeeded'), ...steps(a, 'failed')))).toEqual(['x-c'])
  })
})

/** What the runtime does with the fold, in any order that it may happen in: records are acted upon once, a pursuit may
 * publish late, and a restart forgets pursuits and state. */
class World {
  readonly topic: JobEvent[] = []
  #read = 0
  #state = noJobs
  readonly #begun = new Map<string, JobEvent>()
  #count = 0

  constructor(private readonly most: Readonly<Record<string, number>>) {}

  request(dataset: string): void {
    this.topic.push(of(dataset, `${this.#count++}`))
  }

  step(): void {
    const event = this.topic[this.#read]
    if (event) {
      this.#state = withJobEvent(this.#state, event, BigInt(this.#read++))
      for (const one of this.#state.replacing) this.topic.push({ ...one, state: 'cancelled', superseded_by: event.job })
      return
    }
    const wanted = new Map(inTurn(this.#state, this.most).map(({ job, request }) => [`${job} ${request}`, job]))
    for (const [key, name] of wanted) if (!this.#begun.has(key)) this.#begun.set(key, this.#state.jobs.get(name)!)
    // What is no longer wanted may publish all the same: its end is on its way.
    for (const key of this.#late) if (!this.#begun.has(key)) this.#late.delete(key)
    for (const key of this.#begun.keys()) if (!wanted.has(key)) this.#late.add(key)
  }
  readonly #late = new Set<string>()
  readonly #published = new Set<string>()

  publishBegun(which: number): void {
    const keys = [...this.#begun.keys()].filter(key => !this.#published.has(key))
    const key = keys[which % Math.max(1, keys.length)]
    if (key === undefined) return
    const job = this.#begun.get(key)!
    this.topic.push({ ...job, state: 'launching', attempt: job.attempt + 1 })
    this.#published.add(key)
    if (this.#late.has(key)) this.#begun.delete(key)
  }

  /** A job under way gets further, or ends. */
  advance(which: number, ends: boolean): void {
    if (this.#read < this.topic.length) return
    const running = [...this.#state.jobs.values()].filter(({ state }) => isUnderWay(state))
    const one = running[which % Math.max(1, running.length)]
    if (!one) return
    const next = one.state === 'launching' ? 'launched' : ends ? 'succeeded' : 'running'
    this.topic.push({ ...one, state: next })
  }

  cancel(which: number): void {
    const one = this.#state.waiting[which % Math.max(1, this.#state.waiting.length)]
    if (one) this.topic.push({ ...this.#state.jobs.get(one.job)!, state: 'cancelled' })
  }

  restart(): void {
    this.#begun.clear()
    this.#late.clear()
    this.#published.clear()
    this.#state = this.topic
      .slice(0, this.#read)
      .reduce((state, event, at) => withJobEvent(state, event, BigInt(at)), noJobs)
  }

  /** Lets everything end. */
  settle(): JobTurns {
    for (let round = 0; round < 2000; round++) {
      this.step()
      this.publishBegun(0)
      this.advance(0, true)
    }
    return this.#state
  }
}

it('of a dataset one job is under way, of a launcher as many as it takes, whatever comes when; the newest request is served', () => {
  const action = fc.oneof(
    { weight: 8, arbitrary: fc.constant({ do: 'step' } as const) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('request' as const), dataset: fc.constantFrom('x', 'y', 'z') }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('begun' as const), which: fc.nat(5) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), which: fc.nat(5), ends: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (actions, most) => {
      const world = new World({ exec: most })
      for (const one of actions) {
        if (one.do === 'step') world.step()
        else if (one.do === 'request') world.request(one.dataset)
        else if (one.do === 'begun') world.publishBegun(one.which)
        else if (one.do === 'advance') world.advance(one.which, one.ends)
        else if (one.do === 'cancel') world.cancel(one.which)
        else world.restart()
      }
      const settled = world.settle()
      let state = noJobs
      for (const [at, event] of world.topic.entries()) {
        state = withJobEvent(state, event, BigInt(at))
        const running = [...state.jobs.values()].filter(({ state }) => isUnderWay(state))
        expect(running.length).toBeLessThanOrEqual(most)
        expect(new Set(running.map(({ dataset }) => dataset)).size).toBe(running.length)
      }
      expect(settled.waiting).toEqual([])
      // The newest of each dataset came to its end, or a person has cancelled it.
      for (const dataset of ['x', 'y', 'z']) {
        const newest = [...settled.jobs.values()].filter(one => one.dataset === dataset).at(-1)
        if (newest)
          expect([newest.state, newest.superseded_by]).toEqual([
            expect.stringMatching(/succeeded|cancelled/),
            undefined,
          ])
      }
    }),
    { numRuns: 500 },
  )
})
