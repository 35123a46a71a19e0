import { afterEach, describe, expect, it } from 'vitest'
import { choose } from '../../../../src/adapters/inference/pool/choose.js'
import { Endpoint } from '../../../../src/adapters/inference/pool/endpoint.js'
import { PendingRequest } from '../../../../src/adapters/inference/pool/request.js'
import { nemoGenerate } from '../../../../src/adapters/inference/protocols/nemo-generate.js'

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

describe('the endpoint of a prompt', () => {
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
    one.suspicion.add(failed.witness('quality'), 0)
    one.refusals.add(refused.witness('quality'), 0)
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
