import { setMaxListeners } from 'node:events'
import { type AnswerRequest } from '../../domain/answer-prompt.js'
import { SteerflowError } from '../../domain/errors.js'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { answer, type Answered, type Drawing } from './answer.js'
import { openPool, type PoolSettings } from './open-pool.js'
import { type EndpointStats } from './pool/counters.js'
import { type EndpointAddress } from './pool/endpoint.js'
import { type Protocol } from './protocols/protocol.js'

export interface AnsweringOptions extends PoolSettings {
  readonly endpoints: readonly EndpointAddress[]
  readonly tokens: PromptTokens
}

/** SteerLM model servers behind one interface. */
export interface AnsweringFleet {
  /**
   * An answer by the model of that digest, at endpoints that serve it or that declare no model.
   * @throws STEERFLOW_INFERENCE_REFUSED, STEERFLOW_RECORD_EXHAUSTED (both permanent), STEERFLOW_OUTAGE (transient), or
   * the signal's reason.
   */
  answer(model: string, request: AnswerRequest, drawing: Drawing, signal: AbortSignal): Promise<Answered>
  /** @throws STEERFLOW_CONFIG_INVALID when it scores turns and writes nothing. */
  addEndpoint(address: EndpointAddress): void
  /** Takes an endpoint away; it has `drainMs` (10,000) to answer what it has. Resolves when it is gone. */
  removeEndpoint(url: string, drainMs?: number): Promise<void>
  /** Requests to have under way, so that every server finds its next prompts waiting here. */
  requests(): number
  /** What each endpoint declares to serve: a digest or name, null for whatever is asked. */
  models(): readonly (string | null)[]
  /** Milliseconds for which nothing has succeeded although something was tried; null when all is well. */
  outageMs(): number | null
  stats(): readonly EndpointStats[]
  /** Ends all calls: who waits gets STEERFLOW_OUTAGE. */
  close(): Promise<void>
}

/** @throws STEERFLOW_CONFIG_INVALID when servers of this protocol write nothing. */
function mustWrite(protocol: Protocol | undefined): void {
  if (protocol?.gives !== 'scores') return
  const message = `${protocol.name} gives scores only: it cannot answer; take nemo-generate or an openai protocol`
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
}

/**
 * Opens a fleet of servers that answer. Nothing is connected before the first question; endpoints may come and go.
 * @throws STEERFLOW_CONFIG_INVALID when an endpoint cannot answer.
 */
export function openAnsweringFleet({ endpoints, tokens, ...settings }: AnsweringOptions): AnsweringFleet {
  const pool = openPool(settings, false)
  const add = (address: EndpointAddress): void => {
    mustWrite(address.protocol)
    pool.add(address)
  }
  endpoints.forEach(add)
  return {
    answer: (model, request, drawing, signal) => {
      // One signal serves many calls.
      setMaxListeners(0, signal)
      return answer(pool, model, request, drawing, tokens, signal)
    },
    addEndpoint: add,
    removeEndpoint: (url, drainMs = 10_000) => pool.remove(url, drainMs),
    requests: () => Math.max(64, 3 * pool.capacity),
    models: () => pool.endpoints.filter(({ leaving }) => !leaving).map(({ model }) => model),
    outageMs: () => pool.outageMs,
    stats: () => pool.endpoints.map(endpoint => endpoint.stats()),
    close: () => pool.close(),
  }
}
