import { Pool, type Dispatcher } from 'undici'
import { Breaker, type BreakerOptions } from './breaker.js'
import { LineSupport } from './line-support.js'
import { type Generation, type Protocol, type Verdict } from '../protocols/protocol.js'
import { type Attempt } from './attempt.js'

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
  /** Most requests at a time. */
  readonly inFlight: number
  /** Milliseconds for a whole answer. */
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

/** Longest answer that is read: NeMo's hold tokens, offsets and probabilities beside the text. */
const maxAnswerBytes = 64 * 2 ** 20

/** Name and password, as a URL spells them, for the Authorization header. */
const basic = (username: string, password: string): string => {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** One server: its connections, what it has to do, and how it fares. */
export class Endpoint {
  /** Where it is, fit to be shown: without name and password. */
  readonly url: string
  readonly model: string | null
  readonly protocol: Protocol
  readonly limit: number
  readonly breaker: Breaker
  readonly lines: LineSupport
  outstanding = 0
  /** Requests answered with what was asked for. */
  successes = 0
  /** The latest attempt that succeeded: asked again where there is no other evidence that the server works. */
  control: Attempt<unknown> | null = null
  readonly #http: Pool
  readonly #basePath: string
  readonly #authorization: Readonly<Record<string, string>>

  constructor(
    readonly address: EndpointAddress,
    private readonly options: EndpointOptions,
  ) {
    const { origin, pathname, username, password } = new URL(address.url)
    const secret = username !== '' || password !== ''
    this.url = secret ? origin + pathname.replace(/\/$/, '') : address.url
    this.#authorization = secret ? { authorization: basic(username, password) } : {}
    this.model = address.model
    this.protocol = address.protocol ?? options.protocol
    this.limit = address.maxInFlight ?? options.inFlight
    this.breaker = new Breaker(options.breaker)
    this.lines = new LineSupport(options.lines)
    this.#basePath = pathname.replace(/\/$/, '')
    this.#http = new Pool(origin, {
      connections: this.limit + 1,
      connect: { timeout: 5_000 },
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxAnswerBytes,
    })
  }

  /**
   * Sends one request and says what came of it; a connection that fails, or a deadline that passes, is a verdict too.
   * @throws the signal's reason when it is aborted.
   */
  async send(generations: readonly Generation[], signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted()
    const { deadlineMs } = this.options
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

  /** Ends its connections, those in use too. */
  close(): Promise<void> {
    return this.#http.destroy()
  }
}
