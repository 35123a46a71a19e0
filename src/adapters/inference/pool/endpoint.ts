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
import type { Attempt } from './attempt.js'
import { Capacity } from './capacity.js'
import { type EndpointStats, Gauges, Times } from './stats.js'
import { metricsUrl, pollLoad } from '../load/poll-load.js'

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
  /** Milliseconds without an answer after which that is told (10,000). */
  readonly silentAfterMs?: number
  /** Told of what becomes of endpoints. */
  readonly report?: EndpointsReport
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

const seconds = (ms: number): number => Math.round(ms / 1000)

/** One server: its connections, what it has to do, and how it fares. */
export class Endpoint {
  /** Where it is, fit to be shown: without name and password. */
  readonly url: string
  readonly model: string | null
  readonly protocol: Protocol
  readonly capacity: Capacity
  readonly breaker: Breaker
  readonly refusals = new Backpressure()
  readonly lines: LineSupport
  readonly times = new Times()
  readonly gauges = new Gauges()
  /** Requests under way. */
  outstanding = 0
  /** Tokens of their prompts, roughly. */
  tokens = 0
  /** What it shows of all questions together. */
  readonly overall = new EndpointHistory()
  readonly #witnesses = new Map<string, EndpointHistory>()
  /** Gets nothing new, and goes when its last answer has come. */
  leaving = false
  /** Requests that wait at the server, as it says itself. */
  queued: number | null = null
  #whenIdle: (() => void) | null = null
  readonly #closed = new AbortController()
  readonly #http: Pool
  readonly #basePath: string
  readonly #authorization: Readonly<Record<string, string>>
  readonly #secrets: Secrets
  readonly #silence: Silence
  /** What it said when it last failed. */
  trouble = ''

  constructor(
    readonly address: EndpointAddress,
    private readonly options: EndpointOptions,
    /** Told while it says nothing, since when. */
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
    this.#basePath = pathname.replace(/\/$/, '')
    this.#http = new Pool(origin, {
      connections: null,
      connect: { timeout: 5_000 },
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    void this.#watchLoad()
  }

  /** Requests that may be under way: one until the first answer, since a server that has just begun may be compiling. */
  get limit(): number {
    return this.overall.successes === 0 ? 1 : this.capacity.requests
  }

  get state(): EndpointStats['state'] {
    if (this.leaving) return 'leaving'
    if (this.breaker.ejected) return 'ejected'
    return this.overall.successes === 0 ? 'warming' : 'up'
  }

  /** Whether a request of so many tokens may be sent now. */
  admits(tokens: number, now: number): boolean {
    if (this.leaving || this.refusals.waiting(now, this.outstanding)) return false
    if (this.breaker.ejected) return this.overall.control === null && this.breaker.admits(now)
    if (this.outstanding === 0) return true
    return this.outstanding < this.limit && this.tokens + tokens <= this.options.tokensInFlight
  }

  /** Whether it is time to try an ejected endpoint, and there is something to try it with; if not, work does. */
  mayBeProbed(now: number): boolean {
    return !this.leaving && this.breaker.ejected && this.overall.control !== null && this.breaker.admits(now)
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
   * The verdict on a body. What goes wrong is said in the server's words, without what was sent as a secret and with the
   * path asked; an answer stays as it came.
   */
  #classified(
    path: string,
    generations: readonly Generation[],
    classify: (body: string) => Verdict,
    body: string,
  ): Verdict {
    const verdict = classify(body)
    if (verdict.kind === 'ok') return verdict
    // Cut before it is shortened: half a secret is not found.
    const clean = this.#secrets.cut(body)
    const again = clean === body ? verdict : classify(clean)
    const said = again.kind === 'ok' ? 'what was sent as a secret came back' : again.reason
    return { ...verdict, reason: this.#secrets.cut(`${said} (${this.protocol.request(generations).method} ${path})`) }
  }

  /** An answer without what was sent as a secret, to say what is wrong with it. */
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

  /** What it shows of one question. */
  witness(question: string): EndpointHistory {
    const known = this.#witnesses.get(question) ?? new EndpointHistory(this.overall)
    this.#witnesses.set(question, known)
    return known
  }

  /** It answered well, and so shows that it answers these questions. */
  succeeded(attempt: Attempt<unknown>, questions: readonly string[]): void {
    for (const one of [this.overall, ...questions.map(question => this.witness(question))]) one.succeeded(attempt)
  }

  /** What succeeded before says nothing any more. */
  forget(): void {
    for (const one of [this.overall, ...this.#witnesses.values()]) one.control = null
  }

  /** Asks the server itself how much waits there, from some time after the beginning until it is closed. */
  async #watchLoad(): Promise<void> {
    const { url, metricsUrl: page, headers } = this.address
    const { signal } = this.#closed
    await sleep(loadAfterMs, undefined, { signal, ref: false }).catch(() => undefined)
    const source = { url: page ?? metricsUrl(url), headers: headers ?? {} }
    await pollLoad(source, load => (this.queued = load?.waiting ?? null), signal)
  }

  /** Why it does nothing now; null when it does something. */
  get #troubleNow(): string | null {
    const { since } = this.#silence
    if (since !== null) return silenceText(performance.now() - since)
    return this.state === 'up' || this.trouble === '' ? null : this.trouble
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
      by: this.protocol.gives === 'scores' ? 'scores' : this.lines.asked,
      trouble: this.#troubleNow,
    }
  }

  /** Ends its connections, those in use too. */
  close(): Promise<void> {
    this.#closed.abort()
    return this.#http.destroy()
  }
}
