/** What happens to the list of endpoints, for an operator's log. Holds no secret. */
export type EndpointsEvent =
  | { readonly event: 'endpoint-joined' | 'endpoint-left'; readonly url: string }
  /** It cannot be used; the others are. */
  | { readonly event: 'endpoint-refused'; readonly url: string; readonly cause: string }
  /** A source cannot be read now; what it said last stays in force. Told once, until it was read again. */
  | { readonly event: 'endpoints-kept'; readonly source: string; readonly cause: string; readonly next?: string }
  /** It was read again. */
  | { readonly event: 'endpoints-read'; readonly source: string }
  /** It is left alone for a while; the cause is what it said last. */
  | { readonly event: 'endpoint-ejected'; readonly url: string; readonly cause: string }
  /** It answers again. */
  | { readonly event: 'endpoint-returned'; readonly url: string }
  /** Labels are asked for in another way from now on: attribute by attribute where its lines were none. */
  | {
      readonly event: 'endpoint-asked'
      readonly url: string
      readonly by: 'line' | 'attributes'
      readonly reason: string
    }
  /** It was asked and says nothing; told again whenever that has lasted twice as long. */
  | { readonly event: 'endpoint-silent'; readonly url: string; readonly cause: string; readonly seconds: number }
  /** It has said something after that. */
  | { readonly event: 'endpoint-heard'; readonly url: string; readonly seconds: number }
  /** For seconds nothing has succeeded anywhere, or one question has not beside others that did. */
  | { readonly event: 'outage'; readonly cause: string }
  /** What failed has succeeded; not told where it is given up. */
  | { readonly event: 'outage-over'; readonly seconds: number }

/** Told of events; must not throw. */
export type EndpointsReport = (event: EndpointsEvent) => void

/** Tells of a source's troubles: of each only once, and when they are over. */
export class EndpointTrouble {
  #known: string | null = null

  constructor(
    private readonly source: string,
    private readonly report: EndpointsReport,
  ) {}

  /** It could not be read. @param next what to do about it, in a sentence */
  is(cause: string, next?: string): void {
    const told = { event: 'endpoints-kept', source: this.source, cause, ...(next !== undefined && { next }) } as const
    if (cause !== this.#known) this.report(told)
    this.#known = cause
  }

  /** It was read. */
  over(): void {
    if (this.#known !== null) this.report({ event: 'endpoints-read', source: this.source })
    this.#known = null
  }
}
