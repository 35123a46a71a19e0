import { type Attempt } from './attempt.js'
import { type Counters } from './counters.js'
import { type Endpoint } from './endpoint.js'
import { type Outage } from './outage.js'
import { type Answer } from '../protocols/protocol.js'

/** Whether an answer to an attempt shows that the endpoint works. */
function isProof(attempt: Attempt<unknown>, answer: Answer): boolean {
  try {
    return attempt.accept(answer).proof
  } catch {
    return false
  }
}

/** Tries endpoints with something that once succeeded there: no record suffers, and none can mislead. */
export class Prober {
  constructor(
    private readonly counters: Counters,
    private readonly outage: Outage,
    private readonly closed: AbortSignal,
  ) {}

  /** Tries an ejected endpoint; its breaker closes, or opens for longer. */
  async probe(endpoint: Endpoint): Promise<void> {
    const probe = endpoint.breaker.sent()
    if (await this.works(endpoint)) endpoint.breaker.succeeded()
    else endpoint.breaker.failed(performance.now(), { probe, certain: true })
  }

  /** Whether an endpoint answers something that once succeeded there; if it answers, but badly, that is forgotten. */
  async works(endpoint: Endpoint): Promise<boolean> {
    const { control } = endpoint
    if (!control) return false
    this.counters.calls++
    const verdict = await endpoint.send([control.generation], this.closed).catch(() => null)
    if (!verdict) return false
    this.counters.outcomes[verdict.kind]++
    if (verdict.kind === 'ok' && isProof(control, verdict.answers[0]!)) {
      endpoint.refusals.answered()
      endpoint.successes++
      this.outage.over()
      return true
    }
    if (verdict.kind !== 'ok') endpoint.gauges.failed(verdict.kind)
    if (verdict.kind === 'ok' || verdict.kind === 'poison') endpoint.control = null
    return false
  }
}
