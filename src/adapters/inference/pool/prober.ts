import type { Attempt } from './attempt.js'
import type { PoolCounters } from './stats.js'
import type { Endpoint } from './endpoint.js'
import type { Outage } from './outage.js'
import type { Answer } from '../protocols/protocol.js'

/** The questions for which an answer to an attempt is evidence. */
function provenBy(attempt: Attempt<unknown>, answer: Answer): readonly string[] {
  try {
    return attempt.accept(answer).proves
  } catch {
    return []
  }
}

/** Probes endpoints with earlier successes: no record suffers, and none can mislead. */
export class Prober {
  constructor(
    private readonly counters: PoolCounters,
    private readonly outage: Outage,
    private readonly closed: AbortSignal,
  ) {}

  /** Probes an ejected endpoint; its breaker closes, or opens for longer. */
  async probe(endpoint: Endpoint): Promise<void> {
    const probe = endpoint.breaker.sent()
    if (await this.accepts(endpoint, endpoint.overall.control)) endpoint.breaker.succeeded()
    else endpoint.breaker.failed(performance.now(), { probe, certain: true })
  }

  /** True if an endpoint answers a valid attempt; if it answers badly, its earlier successes are forgotten. */
  async accepts(endpoint: Endpoint, control: Attempt<unknown> | null): Promise<boolean> {
    if (!control) return false
    this.counters.calls++
    const verdict = await endpoint.send([control.generation], this.closed).catch(() => null)
    if (!verdict) return false
    this.counters.outcomes[verdict.kind]++
    const proves = verdict.kind === 'ok' ? provenBy(control, verdict.answers[0]!) : []
    if (proves.length > 0) {
      endpoint.refusals.answered()
      endpoint.succeeded(control, proves)
      endpoint.breaker.succeeded()
      this.outage.succeeded(proves)
      return true
    }
    if (verdict.kind !== 'ok') endpoint.gauges.failed(verdict.kind)
    if (verdict.kind === 'ok' || verdict.kind === 'poison') endpoint.forget()
    return false
  }
}
