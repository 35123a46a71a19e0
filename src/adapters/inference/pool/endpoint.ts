import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type Dispatcher } from 'undici'
import { BeyondBounds, wholeAnswer } from '../../foreign-answer.js'
import { Secrets } from '../../secrets.js'
import { partCredentials } from '../credentials.js'
import type { EndpointsReport } from '../endpoints/events.js'
import {
  Breaker,
  type BreakerOptions,
  Backpressure,
  EndpointHistory,
  LineSupport,
  Silence,
  silentAfterMs,
  silenceText,
} from './endpoint-health.js'
import type { Answer, Generation, Protocol, Verdict } from '../protocols/protocol.js'
import { pathBelow } from '../request-path.js'
import type { Attempt } from './attempt.js'
import { Capacity } from './capacity.js'
import { type EndpointStats, Gauges, Times } from './stats.js'
import { metricsUrl, pollLoad } from '../load/poll-load.js'

/** Address of a server, and the model it serves. */
export interface EndpointAddress {
  /** E.g. `http://localhost:1424`; a user name and password in it are sent to the server and never shown. */
  readonly url: string
  /** Digest of its model; null: any model. */
  readonly model: string | null
  /** Default: the fleet's protocol. */
  readonly protocol?: Protocol
  /** Sent with every request in addition to the headers of the protocol: a key, a host. May be secret. */
  readonly headers?: Readonly<Record<string, string>>
  /** Maximum concurrent requests (default: the fleet's). */
  readonly maxInFlight?: number
  /** Price of one hour, if known. */
  readonly pricePerHour?: number
  /** Its metrics page (default: `/metrics` below the URL). */
  readonly metricsUrl?: string
}

export interface EndpointOptions {
  /** Protocol of servers that declare none. */
  readonly protocol: Protocol
  /** Concurrent requests; null: tuned. */
  readonly inFlight: number | null
  /** Upper bound for that tuning. */
  readonly mostInFlight: number
  /** Prompts in a request; null: tuned, if the protocol has requests with several. */
  readonly batch: number | null
  /** Maximum prompt tokens at one server at a time, approximately. */
  readonly tokensInFlight: number
  /** Maximum time of a whole answer in milliseconds. */
  readonly deadlineMs: number
  /** Whether to request whole label lines. */
  readonly lines: boolean
  readonly breaker: BreakerOptions
  /** Milliseconds without an answer after which a silence is reported (10,000). */
  readonly silentAfterMs?: number
  /** Receives the events of endpoints. */
  readonly report?: EndpointsReport
}

/** Error codes of a connection that never existed, or that we closed: the request cannot be the cause. */
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

/** Delay of the first load poll in milliseconds, so that short runs do without. */
const loadAfterMs = 2_000

/** Range of a search for the best number of requests. */
const upTo = (start: number, most: number) => ({ start: Math.min(start, most), most })

/** Maximum size of an answer: NeMo's contain tokens, offsets and probabilities beside the text. */
const maxAnswerBytes = 64 * 2 ** 20

/** Concurrent requests at the start, for a protocol with one prompt in a request and for one with many. */
const firstRequests = { single: 8, batching: 2 }

const seconds = (ms: number): number => Math.round(ms / 1000)

/** One server: its connections, its work and its state. */
export class Endpoint {
  /** The URL without user name and password. */
  readonly url: string
  readonly model: string | null
  readonly protocol: Protocol
  readonly capacity: Capacity
  readonly breaker: Breaker
  readonly refusals = new Backpressure()
  readonly lines: LineSupport
  readonly times = new Times()
  readonly gauges = new Gauges()
  outstanding = 0
  /** Their prompt tokens, approximately. */
  tokens = 0
  /** Evidence from all questions together. */
  readonly overall = new EndpointHistory()
  readonly #witnesses = new Map<string, EndpointHistory>()
  /** Gets no new requests, and is removed after its last answer. */
  leaving = false
  /** Length of the server's own queue, as it reports it. */
  queued: number | null = null
  #whenIdle: (() => void) | null = null
  readonly #closed = new AbortController()
  readonly #http: Pool
  readonly #basePath: string
  readonly #authorization: Readonly<Record<string, string>>
  readonly #secrets: Secrets
  readonly #silence: Silence
  /** The reason of its last failure. */
  trouble = ''

  constructor(
    readonly address: EndpointAddress,
    private readonly options: EndpointOptions,
    /** Called while the server is silent. @param since start of the silence */
    private readonly isSilent: (endpoint: Endpoint, since: number) => void = () => undefined,
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
    this.#secrets = new Secrets({ ...headers, ...address.headers }, [address.url, address.metricsUrl ?? address.url])
    this.breaker = new Breaker(options.breaker, ejected =>
      options.report?.(
        ejected
          ? { event: 'endpoint-ejected', url: this.url, cause: this.trouble }
          : { event: 'endpoint-returned', url: this.url },
      ),
    )
    this.lines = new LineSupport(options.lines, (asked, reason) =>
      options.report?.({ event: 'endpoint-asked', url: this.url, by: asked, reason }),
    )
    this.#silence = new Silence({
      afterMs: options.silentAfterMs ?? silentAfterMs,
      usualMs: () => this.times.mean,
      silent: ms => {
        options.report?.({ event: 'endpoint-silent', url: this.url, cause: silenceText(ms), seconds: seconds(ms) })
        this.isSilent(this, performance.now() - ms)
      },
      heard: ms => options.report?.({ event: 'endpoint-heard', url: this.url, seconds: seconds(ms) }),
    })
    this.#basePath = pathname
    this.#http = new Pool(origin, {
      connections: null,
      connect: { timeout: 5_000 },
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    void this.#watchLoad()
  }

  /** Maximum concurrent requests: one until the first answer, since a new server may be compiling. */
  get limit(): number {
    return this.overall.successes === 0 ? 1 : this.capacity.requests
  }

  get state(): EndpointStats['state'] {
    if (this.leaving) return 'leaving'
    if (this.breaker.ejected) return 'ejected'
    return this.overall.successes === 0 ? 'warming' : 'up'
  }

  /** True if a request with this number of tokens may be sent now. */
  admits(tokens: number, now: number): boolean {
    if (this.leaving || this.refusals.waiting(now, this.outstanding)) return false
    if (this.breaker.ejected) return this.overall.control === null && this.breaker.admits(now)
    if (this.outstanding === 0) return true
    return this.outstanding < this.limit && this.tokens + tokens <= this.options.tokensInFlight
  }

  /** True if it is time to probe an ejected endpoint with its control request. Without one, ordinary work probes it. */
  mayBeProbed(now: number): boolean {
    return !this.leaving && this.breaker.ejected && this.overall.control !== null && this.breaker.admits(now)
  }

  /** A request with this number of tokens has ended. */
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
   * Sends one request and returns the verdict; a failed connection and a missed deadline are verdicts, too.
   * @throws the signal's reason if it is aborted.
   */
  async send(generations: readonly Generation[], signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted()
    const deadlineMs = Math.round(this.times.deadline(this.options.deadlineMs))
    const { method, path, headers, body } = this.protocol.request(generations)
    const request: Dispatcher.RequestOptions = {
      method,
      path: pathBelow(this.#basePath, path),
      headers: { ...headers, ...this.#authorization, ...this.address.headers },
      body,
    }
    this.#silence.asked()
    try {
      const { answer: reply, text } = await wholeAnswer(
        { ms: deadlineMs, bytes: maxAnswerBytes },
        cancel => this.#http.request({ ...request, signal: cancel }),
        signal,
      )
      this.#silence.heard()
      return this.#classified(
        request.path,
        generations,
        body =>
          this.protocol.classify(
            { status: reply.statusCode, headers: reply.headers, body },
            generations.length,
            generations[0]!.sampling !== undefined,
          ),
        text,
      )
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BeyondBounds) return { kind: 'elsewhere', reason: error.message }
      const { code, message } = error as NodeJS.ErrnoException
      return {
        kind: unreachable.has(code ?? '') ? 'unavailable' : 'elsewhere',
        reason: this.#secrets.cut(message || (code ?? 'failed')),
      }
    } finally {
      this.#silence.ended()
    }
  }

  /**
   * The verdict on a body. An error reason quotes the server without any secret that we sent, and names the path; an
   * answer stays as it is.
   */
  #classified(
    path: string,
    generations: readonly Generation[],
    classify: (body: string) => Verdict,
    body: string,
  ): Verdict {
    const verdict = classify(body)
    if (verdict.kind === 'ok') return verdict
    // Secrets are removed before the text is shortened: half a secret would not be found.
    const clean = this.#secrets.cut(body)
    const again = clean === body ? verdict : classify(clean)
    const said = again.kind === 'ok' ? 'the server returned a secret that we sent' : again.reason
    return { ...verdict, reason: this.#secrets.cut(`${said} (${this.protocol.request(generations).method} ${path})`) }
  }

  /** The answer without secrets that we sent, for error messages. */
  withoutSecrets(answer: Answer): Answer {
    switch (answer.kind) {
      case 'sentence':
        return { ...answer, sentence: this.#secrets.cut(answer.sentence) }
      case 'continuation':
        return { ...answer, text: this.#secrets.cut(answer.text) }
      case 'scores':
        return answer
    }
  }

  /** Evidence for one question. */
  witness(question: string): EndpointHistory {
    const known = this.#witnesses.get(question) ?? new EndpointHistory(this.overall)
    this.#witnesses.set(question, known)
    return known
  }

  /** Notes a good answer, which is evidence for these questions. */
  succeeded(attempt: Attempt<unknown>, questions: readonly string[]): void {
    for (const one of [this.overall, ...questions.map(question => this.witness(question))]) one.succeeded(attempt)
  }

  /** Forgets earlier successes: they are no evidence any more. */
  forget(): void {
    for (const one of [this.overall, ...this.#witnesses.values()]) one.control = null
  }

  /** Polls the server's own load, from some time after the start until it is closed. */
  async #watchLoad(): Promise<void> {
    const { url, metricsUrl: page, headers } = this.address
    const { signal } = this.#closed
    await sleep(loadAfterMs, undefined, { signal, ref: false }).catch(() => undefined)
    const source = { url: page ?? metricsUrl(url), headers: headers ?? {} }
    await pollLoad(source, load => (this.queued = load?.waiting ?? null), signal)
  }

  /** Why it does nothing now; null if it works. */
  get #troubleNow(): string | null {
    const { since } = this.#silence
    if (since !== null) return silenceText(performance.now() - since)
    return this.state === 'up' || this.trouble === '' ? null : this.trouble
  }

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
      by: this.protocol.gives === 'scores' ? 'scores' : this.lines.asked,
      trouble: this.#troubleNow,
    }
  }

  /** Closes its connections, also those in use. */
  close(): Promise<void> {
    this.#closed.abort()
    return this.#http.destroy()
  }
}
