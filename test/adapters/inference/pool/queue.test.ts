import { describe, expect, it, afterEach } from 'vitest'
import { Admission, RetryBudget, Lanes, choose } from '../../../../src/adapters/inference/pool/queue.js'
import { PendingRequest } from '../../../../src/adapters/inference/pool/request.js'
import { Endpoint } from '../../../../src/adapters/inference/pool/endpoint.js'
import { nemoGenerate } from '../../../../src/adapters/inference/protocols/nemo-generate.js'

describe('the door of the pool', () => {
  const idle = new AbortController().signal
  const settled = async (work: Promise<void>): Promise<boolean> =>
    Promise.race([work.then(() => true), new Promise<boolean>(resolve => setImmediate(() => resolve(false)))])

  it('lets in as many requests and tokens as there is room for, in order', async () => {
    const door = new Admission({ requests: 2, tokens: 10 })
    await door.enter(4, idle)
    await door.enter(4, idle)
    const [third, fourth] = [door.enter(6, idle), door.enter(1, idle)]
    expect(await settled(third)).toBe(false)
    door.leave(4)
    expect(await settled(third)).toBe(true)
    expect(await settled(fourth)).toBe(false)
    door.leave(4)
    expect(await settled(fourth)).toBe(true)
  })

  it('lets one in that is larger than all, when nobody else is there', async () => {
    const door = new Admission({ requests: 2, tokens: 10 })
    await door.enter(1, idle)
    const large = door.enter(99, idle)
    expect(await settled(large)).toBe(false)
    door.leave(1)
    expect(await settled(large)).toBe(true)
  })

  it('lets go of who gives up outside', async () => {
    const door = new Admission({ requests: 1, tokens: 10 })
    await door.enter(1, idle)
    const caller = new AbortController()
    const gone = door.enter(1, caller.signal)
    const next = door.enter(1, idle)
    caller.abort(new Error('stopped'))
    await expect(gone).rejects.toThrow('stopped')
    door.leave(1)
    expect(await settled(next)).toBe(true)
    expect(door.outside).toBe(0)
  })
})

describe('a retry budget', () => {
  it('lets retries pass while they are few', () => {
    const budget = new RetryBudget()
    const waits = Array.from({ length: 500 }, () => {
      for (let first = 0; first < 10; first++) budget.earned()
      return budget.take(0)
    })
    expect(Math.max(...waits)).toBe(0)
  })

  it('makes retries wait when nearly everything is one, fifty a second at worst', () => {
    const budget = new RetryBudget()
    const waits = Array.from({ length: 1000 }, () => budget.take(0))
    expect(waits[499]).toBe(0)
    expect(waits[500]).toBe(20)
    expect(waits[999]).toBe(10_000)
    expect(budget.take(20_000)).toBe(0)
  })
})

describe('lanes', () => {
  const job = (characters: number, model = 'm'): PendingRequest =>
    new PendingRequest(
      {
        model,
        question: 'quality',
        characters,
        signal: new AbortController().signal,
        attempt: () => expect.unreachable(),
      },
      { resolve: () => {}, reject: () => {}, settled: () => {} },
      3,
    )

  function lanesOf(jobs: readonly PendingRequest[]): Lanes {
    const lanes = new Lanes()
    for (const one of jobs) lanes.add(one, 'back')
    return lanes
  }

  const sizes = (jobs: readonly PendingRequest[]): number[] => jobs.map(one => one.work.characters)

  it('give the first, and those of like length that come soon after it', () => {
    const lanes = lanesOf([100, 900, 110, 500, 90, 1000].map(size => job(size)))
    expect(sizes(lanes.take('m', 3))).toEqual([100, 110, 90])
    expect(sizes(lanes.take('m', 3))).toEqual([900, 1000, 500])
    expect(lanes.next('m')).toBeNull()
  })

  it('do not look ahead without end', () => {
    const lanes = lanesOf([10, ...Array<number>(8).fill(99), 10].map(size => job(size)))
    expect(sizes(lanes.take('m', 2))).toEqual([10, 99])
  })

  it('keep models apart, and pass over what was given up or has to go alone', () => {
    const [first, given, alone, other] = [job(1), job(1), job(1), job(1, 'other')]
    const lanes = lanesOf([first, given, alone, other])
    given.fail(new Error('gone'))
    alone.alone = true
    expect(lanes.take('m', 4)).toEqual([first])
    expect(lanes.next('m')).toBe(alone)
    expect(lanes.models()).toEqual(['m', 'other'])
  })
})

describe('the endpoint of a prompt', () => {
  const opened: Endpoint[] = []
  afterEach(() => Promise.all(opened.splice(0).map(endpoint => endpoint.close())))

  /** A server whose answers took `ms`, with so many requests under way. */
  function endpoint(ms: number, outstanding: number, batch = 1): Endpoint {
    const made = new Endpoint(
      { url: `http://127.0.0.1:${opened.length + 1}`, model: null },
      {
        protocol: nemoGenerate,
        inFlight: 8,
        mostInFlight: 8,
        batch,
        tokensInFlight: 1000,
        deadlineMs: 1000,
        lines: true,
        report: () => undefined,
        breaker: { failures: 5, pause: { first: 100, most: 1000 }, random: () => 1 },
      },
    )
    made.overall.successes = 1
    made.times.add(ms, 1, 1, 0)
    made.outstanding = outstanding
    opened.push(made)
    return made
  }

  function job(near: Endpoint | null = null): PendingRequest {
    const work = {
      model: 'm',
      question: 'quality',
      characters: 40,
      near,
      signal: new AbortController().signal,
      attempt: () => expect.unreachable(),
    }
    return new PendingRequest(work, { resolve: () => {}, reject: () => {}, settled: () => {} }, 3)
  }

  const pick = (endpoints: readonly Endpoint[], one: PendingRequest, now = 0, waiting = 1) =>
    choose(endpoints, one, { tokens: 10, waiting, now })

  it('is the less busy of equals, and a fast one that is busier before a slow one', () => {
    const [busy, free] = [endpoint(50, 3), endpoint(50, 1)]
    expect(pick([busy, free], job())).toBe(free)
    const [fast, slow] = [endpoint(50, 2), endpoint(400, 0)]
    expect(pick([fast, slow], job())).toBe(fast)
  })

  it('is another when the server says that others wait there', () => {
    const [crowded, free] = [endpoint(50, 1), endpoint(50, 2)]
    expect(pick([crowded, free], job())).toBe(crowded)
    crowded.queued = 12
    expect(pick([crowded, free], job())).toBe(free)
  })

  it('is the one that knows the beginning of the prompt, among equals', () => {
    const [a, b] = [endpoint(50, 1), endpoint(50, 1)]
    expect(pick([a, b], job(b))).toBe(b)
  })

  it('is one where the prompt has not failed, and has not been refused', () => {
    const [failed, refused, other] = [endpoint(10, 0), endpoint(10, 0), endpoint(500, 7)]
    const one = job()
    one.suspicion.add(failed.witness('quality'), failed.witness('quality'))
    one.refusals.add(refused.witness('quality'), refused.witness('quality'))
    expect(pick([failed, refused, other], one)).toBe(other)
  })

  it('is waited for while prompts are gathered for an idle one; a busy one is passed over meanwhile', () => {
    const [idle, busy] = [endpoint(50, 0, 4), endpoint(50, 2)]
    expect(pick([idle, busy], job(), 0, 1)).toBeNull()
    expect(pick([idle, busy], job(), 2, 1)).toBe(idle)
    expect(pick([idle, busy], job(), 0, 4)).toBe(idle)
    const gathering = endpoint(50, 1, 4)
    expect(pick([gathering, busy], job(), 0, 1)).toBe(busy)
  })

  it('is none that is full, in requests or in tokens, that leaves, or that is left alone', () => {
    const [full, heavy, leaving, ejected] = [endpoint(50, 8), endpoint(50, 1), endpoint(50, 0), endpoint(50, 0)]
    heavy.tokens = 995
    leaving.leaving = true
    ejected.breaker.failed(0, { probe: false, certain: true })
    expect(pick([full, heavy, leaving, ejected], job())).toBeNull()
  })
})
