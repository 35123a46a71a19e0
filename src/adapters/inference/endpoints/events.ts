/** A change of the list of endpoints or of the state of one, for an operator's log. Contains no secret. */
export type EndpointsEvent =
  | { readonly event: 'endpoint-joined' | 'endpoint-left'; readonly url: string }
  /** The endpoint cannot be used; the others can. */
  | { readonly event: 'endpoint-refused'; readonly url: string; readonly cause: string }
  /** A source cannot be read now, so its last list stays in force. Reported once, until it can be read again. */
  | { readonly event: 'endpoints-kept'; readonly source: string; readonly cause: string; readonly next?: string }
  /** The source can be read again. */
  | { readonly event: 'endpoints-read'; readonly source: string }
  /** The endpoint gets no requests for a while; `cause` is its last error. */
  | { readonly event: 'endpoint-ejected'; readonly url: string; readonly cause: string }
  /** The endpoint answers again. */
  | { readonly event: 'endpoint-returned'; readonly url: string }
  /** Labels are requested in another way from now on: attribute by attribute if its replies were no label lines. */
  | {
      readonly event: 'endpoint-asked'
      readonly url: string
      readonly by: 'line' | 'attributes'
      readonly reason: string
    }
  /** The endpoint has requests and does not respond; reported again whenever the silence has doubled. */
  | { readonly event: 'endpoint-silent'; readonly url: string; readonly cause: string; readonly seconds: number }
  /** The endpoint has responded after a silence. */
  | { readonly event: 'endpoint-heard'; readonly url: string; readonly seconds: number }
  /** For seconds nothing has succeeded anywhere, or one question has failed while others succeeded. */
  | { readonly event: 'outage'; readonly cause: string }
  /** The failing question has succeeded. Not reported if its caller gives up. */
  | { readonly event: 'outage-over'; readonly seconds: number }

/** Receives events; must not throw. */
export type EndpointsReport = (event: EndpointsEvent) => void

/** Reports the trouble of one source: each cause once, and the end of the trouble. */
export class EndpointTrouble {
  #known: string | null = null

  constructor(
    private readonly source: string,
    private readonly report: EndpointsReport,
  ) {}

  /** The source could not be read. @param next advice for the operator, in a sentence */
  is(cause: string, next?: string): void {
    const told = { event: 'endpoints-kept', source: this.source, cause, ...(next !== undefined && { next }) } as const
    if (cause !== this.#known) this.report(told)
    this.#known = cause
  }

  /** The source was read. */
  over(): void {
    if (this.#known !== null) this.report({ event: 'endpoints-read', source: this.source })
    this.#known = null
  }
}
