/** What happens to the list of endpoints, for an operator's log. Holds no secret. */
export type EndpointsEvent =
  | { readonly event: 'endpoint-joined' | 'endpoint-left'; readonly url: string }
  /** It cannot be used; the others are. */
  | { readonly event: 'endpoint-refused'; readonly url: string; readonly cause: string }
  /** A source cannot be read now; what it said last stays in force. Told once, until it was read again. */
  | { readonly event: 'endpoints-kept'; readonly source: string; readonly cause: string }
  /** It was read again. */
  | { readonly event: 'endpoints-read'; readonly source: string }

/** Told of events; must not throw. */
export type EndpointsReport = (event: EndpointsEvent) => void

/** Tells of a source's troubles: of each only once, and when they are over. */
export class Trouble {
  #known: string | null = null

  constructor(
    private readonly source: string,
    private readonly report: EndpointsReport,
  ) {}

  /** It could not be read. */
  is(cause: string): void {
    if (cause !== this.#known) this.report({ event: 'endpoints-kept', source: this.source, cause })
    this.#known = cause
  }

  /** It was read. */
  over(): void {
    if (this.#known !== null) this.report({ event: 'endpoints-read', source: this.source })
    this.#known = null
  }
}
