import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type Dispatcher } from 'undici'
import { partCredentials } from '../credentials.js'
import { Breaker, type BreakerOptions } from './breaker.js'
import { LineSupport } from './line-support.js'
import { type Generation, type Protocol, type Verdict } from '../protocols/protocol.js'
import { type Attempt } from './attempt.js'
import { Capacity } from './capacity.js'
import { type EndpointStats } from './counters.js'
import { metricsUrl, pollLoad } from '../load/poll-load.js'
import { Gauges } from './gauges.js'
import { Refusals } from './refusals.js'
import { Times } from './times.js'

/** Where a server is, and which model it serves. */
export interface EndpointAddress {
  /** E.g. `http://localhost:1424`; a name and password in it are shown to the server, and to nobody else. */
  readonly url: string
  /** Digest of its model; null: whatever is asked for. */
  readonly model: string | null
  /** What it speaks; left out: what the fleet speaks by default. */
  readonly protocol?: Protocol
  /** Sent with every request, beside those of the protocol: a key, a host. May be secret. */
  readonly headers?: Readonly<Record<string, string>>
  /** Most requests at a time there; left out: the fleet's own. */
  readonly maxInFlight?: number
  /** What an hour of it costs; left out: not known. */
  readonly pricePerHour?: number
  /** Its page of metrics; left out: `/metrics` below the URL. */
  readonly metricsUrl?: string
}

export interface EndpointOptions {
  /** What servers speak that name nothing else. */
  readonly protocol: Protocol
  /** Requests at a time; null: the best number is found by trying. */
  readonly inFlight: number | null
  /** Requests at a time beyond which no number is tried. */
  readonly mostInFlight: number
  /** Prompts in a request; null: the best number is found by trying, where the protocol has requests of several. */
  readonly batch: number | null
  /** Most tokens of prompts at one server at a time, roughly. */
  readonly tokensInFlight: number
  /** Milliseconds for a whole answer, at most. */
  readonly deadlineMs: number
  /** Whether to ask for whole label lines at all. */
  readonly lines: boolean
  readonly breaker: BreakerOptions
}

/** Codes of a connection that never came to be, or that we ended: the request cannot have been the reason. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
])

/** Milliseconds after which a server is first asked for its load: short work does without. */
const loadAfterMs = 2_000

/** Where to look for the best number of requests. */
const upTo = (start: number, most: number) => ({ start: Math.min(start, most), most })

/** Longest answer that is read: NeMo's hold tokens, offsets and probabilities beside the text. */
const maxAnswerBytes = 64 * 2 ** 20

/** Requests at a time to begin with, of a protocol that takes one prompt in a request, and of one that takes many. */
const firstRequests = { single: 8, batching: 2 }

/** One server: its connections, what it has to do, and how it fares. */
export class Endpoint {
  /** Where it is, fit to be shown: without name and password. */
  readonly url: string
  readonly model: string | null
  readonly protocol: Protocol
  readonly capacity: Capacity
  readonly breaker: Breaker
  readonly refusals = new Refusals()
  readonly lines: LineSupport
  readonly times = new Times()
  readonly gauges = new Gauges()
  /** Requests under way. */
  outstanding = 0
  /** Tokens of their prompts, roughly. */
  tokens = 0
  /** Requests answered with what was asked for. */
  successes = 0
  /** The latest attempt that succeeded: asked again where there is no other evidence that the server works. */
  control: Attempt<unknown> | null = null
  /** Gets nothing new, and goes when its last answer has come. */
  leaving = false
  /** Requests that wait at the server, as it says itself. */
  queued: number | null = null
  #whenIdle: (() => void) | null = null
  readonly #closed = new AbortController()
  readonly #http: Pool
  readonly #basePath: string
  readonly #authorization: Readonly<Record<string, string>>

  constructor(
    readonly address: EndpointAddress,
    private readonly options: EndpointOptions,
  ) {
    const { url, headers } = partCredentials(address.url)
    const { origin, pathname } = new URL(url)
    this.url = headers.authorization === undefined ? address.url : url
    this.#authorization = headers
    this.model = address.model
    this.protocol = address.protocol ?? options.protocol
    const { maxBatch } = this.protocol
    const start = maxBatch > 1 ? firstRequests.batching : firstRequests.single
    this.capacity = new Capacity({
      requests: options.inFlight ?? upTo(start, address.maxInFlight ?? options.mostInFlight),
      batch: Math.min(options.batch ?? 0, maxBatch) || { most: maxBatch },
    })
    this.breaker = new Breaker(options.breaker)
    this.lines = new LineSupport(options.lines)
    this.#basePath = pathname.replace(/\/$/, '')
    this.#http = new Pool(origin, {
      connections: null,
      connect: { timeout: 5_000 },
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxAnswerBytes,
    })
    void this.#watchLoad()
  }

  /** Requests that may be under way: one until the first answer, since a server that has just begun may be compiling. */
  get limit(): number {
    return this.successes === 0 ? 1 : this.capacity.requests
  }

  get state(): EndpointStats['state'] {
    if (this.leaving) return 'leaving'
    if (this.breaker.ejected) return 'ejected'
    return this.successes === 0 ? 'warming' : 'up'
  }

  /** Whether a request of so many tokens may be sent now. */
  admits(tokens: number, now: number): boolean {
    if (this.leaving || this.refusals.waiting(now, this.outstanding)) return false
    if (this.breaker.ejected) return this.control === null && this.breaker.admits(now)
    if (this.outstanding === 0) return true
    return this.outstanding < this.limit && this.tokens + tokens <= this.options.tokensInFlight
  }

  /** Whether it is time to try an ejected endpoint, and there is something to try it with; if not, work does. */
  mayBeProbed(now: number): boolean {
    return !this.leaving && this.breaker.ejected && this.control !== null && this.breaker.admits(now)
  }

  /** A request of so many tokens has ended. */
  returned(tokens: number): void {
    this.outstanding--
    this.tokens -= tokens
    if (this.outstanding === 0) this.#whenIdle?.()
  }

  /** Resolves when nothing is under way, or after `ms`. */
  async drained(ms: number): Promise<void> {
    if (this.outstanding === 0) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#whenIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /**
   * Sends one request and says what came of it; a connection that fails, or a deadline that passes, is a verdict too.
   * @throws the signal's reason when it is aborted.
   */
  async send(generations: readonly Generation[], signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted()
    const deadlineMs = Math.round(this.times.deadline(this.options.deadlineMs))
    const { method, path, headers, body } = this.protocol.request(generations)
    const request: Dispatcher.RequestOptions = {
      method,
      path: this.#basePath + path,
      headers: { ...headers, ...this.#authorization, ...this.address.headers },
      body,
    }
    const cancel = new AbortController()
    const stop = (): void => cancel.abort()
    const deadline = setTimeout(stop, deadlineMs)
    signal.addEventListener('abort', stop)
    try {
      const reply = await this.#http.request({ ...request, signal: cancel.signal })
      const text = await reply.body.text()
      return this.protocol.classify(
        { status: reply.statusCode, headers: reply.headers, body: text },
        generations.length,
        generations[0]!.sampling !== undefined,
      )
    } catch (error) {
      signal.throwIfAborted()
      if (cancel.signal.aborted) return { kind: 'elsewhere', reason: `no answer within ${deadlineMs} ms` }
      const { code, message } = error as NodeJS.ErrnoException
      return { kind: unreachable.has(code ?? '') ? 'unavailable' : 'elsewhere', reason: message || (code ?? 'failed') }
    } finally {
      clearTimeout(deadline)
      signal.removeEventListener('abort', stop)
    }
  }

  /** Asks the server itself how much waits there, from some time after the beginning until it is closed. */
  async #watchLoad(): Promise<void> {
    const { url, metricsUrl: page, headers } = this.address
    const { signal } = this.#closed
    await sleep(loadAfterMs, undefined, { signal, ref: false }).catch(() => undefined)
    const source = { url: page ?? metricsUrl(url), headers: headers ?? {} }
    await pollLoad(source, load => (this.queued = load?.waiting ?? null), signal)
  }

  /** How it stands now. */
  stats(): EndpointStats {
    return {
      url: this.url,
      model: this.model,
      protocol: this.protocol.name,
      state: this.state,
      inFlight: this.outstanding,
      limit: this.limit,
      batch: this.capacity.batch,
      answered: this.gauges.answered,
      errors: { ...this.gauges.errors },
      perSecond: this.times.rate(performance.now()),
      latencyMs: this.times.quantiles(),
      tokens: { ...this.gauges.tokens },
      queued: this.queued,
      pricePerHour: this.address.pricePerHour ?? null,
    }
  }

  /** Ends its connections, those in use too. */
  close(): Promise<void> {
    this.#closed.abort()
    return this.#http.destroy()
  }
}
