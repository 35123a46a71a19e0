import { lookup, Resolver } from 'node:dns/promises'
import type { EndpointEntry } from './entry.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { declared, type DeclaredEndpoint } from './declared.js'
import { type EndpointsReport, EndpointTrouble } from './events.js'

/** Addresses of one family; null: the question failed, which says nothing about them. */
export type Family = readonly string[] | null

/** What DNS says of a name. */
export interface ResolvedName {
  readonly v4: Family
  readonly v6: Family
  /** Why a question failed; null when none did. */
  readonly cause: string | null
}

export type ResolveName = (name: string) => Promise<ResolvedName>

/** Codes of an answer that says: there is no such name, or no such record. Every other failure is no answer. */
const empty = new Set(['ENODATA', 'ENOTFOUND'])

/** How the name of an entry is asked for. */
export const resolveOf = ({ nameServers }: EndpointEntry): ResolveName =>
  nameServers ? byServers(nameServers) : bySystem

/** The system's own way: `/etc/hosts`, search domains, and what else is set on the machine. */
const bySystem: ResolveName = async name => {
  try {
    const found = await lookup(name, { all: true, order: 'verbatim' })
    const of = (family: number) => found.filter(one => one.family === family).map(({ address }) => address)
    return { v4: of(4), v6: of(6), cause: null }
  } catch (error) {
    const code = codeOf(error)
    return code === 'ENOTFOUND' ? { v4: [], v6: [], cause: null } : { v4: null, v6: null, cause: code }
  }
}

/** A and AAAA records, asked of certain servers. */
function byServers(servers: readonly string[]): ResolveName {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  resolver.setServers(servers)
  return async name => {
    let cause: string | null = null
    const heard = (question: Promise<string[]>): Promise<Family> =>
      question.catch((error: unknown) => {
        const code = codeOf(error)
        if (empty.has(code)) return []
        cause = code
        return null
      })
    const [v4, v6] = await Promise.all([heard(resolver.resolve4(name)), heard(resolver.resolve6(name))])
    return { v4, v6, cause }
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'failed'

/** The addresses of a name, over time: what was known stays where an answer says nothing, or for a while says none. */
export class Addresses {
  #v4: readonly string[] = []
  #v6: readonly string[] = []
  #goodAt = -Infinity

  /** @param known addresses of the name from before, such as those of an entry that was changed */
  constructor(
    private readonly keepMs: number,
    known: readonly string[] = [],
  ) {
    this.#v4 = known.filter(address => !address.includes(':'))
    this.#v6 = known.filter(address => address.includes(':'))
    if (known.length > 0) this.#goodAt = performance.now()
  }

  /** Sorted, so that a server that turns its answers round changes nothing. */
  get all(): readonly string[] {
    return [...this.#v4.toSorted(), ...this.#v6.toSorted()]
  }

  /**
   * Takes an answer in; returns why it was not believed, null when it was. A failure says nothing, however long it lasts:
   * an outage of DNS must not end a fleet that works. An answer that there are none is believed after `keepMs`.
   */
  heard({ v4, v6, cause }: ResolvedName, now: number): string | null {
    const next: Family[] = [v4 ?? this.#v4, v6 ?? this.#v6]
    const none = next.every(family => family!.length === 0)
    if (none && this.all.length > 0 && now - this.#goodAt < this.keepMs) return 'it has no address any more'
    if (!none && (v4 ?? v6) !== null) this.#goodAt = now
    this.#v4 = next[0]!
    this.#v6 = next[1]!
    if (cause !== null) return cause
    return none ? 'it has no address' : null
  }
}

export interface NameWatch {
  readonly report: EndpointsReport
  readonly signal: AbortSignal
  /** Addresses that are taken for the name's until there is an answer. */
  readonly known: readonly string[]
  /** Told after each answer, believed or not, with all addresses. */
  readonly onAnswer: (addresses: readonly string[]) => void
  readonly resolve?: ResolveName
}

/** Asks for the name of an entry until the signal is aborted. */
export async function watchName(entry: EndpointEntry, watch: NameWatch): Promise<void> {
  const { report, signal, resolve = resolveOf(entry) } = watch
  const { hostname, host } = new URL(entry.dns!)
  const trouble = new EndpointTrouble(host, report)
  const addresses = new Addresses(entry.keepSeconds * 1000, watch.known)
  while (!signal.aborted) {
    const answer = await resolve(hostname)
    if (signal.aborted) return
    const doubt = addresses.heard(answer, performance.now())
    if (doubt === null) trouble.over()
    else trouble.is(doubt)
    watch.onAnswer(addresses.all)
    await sleep(entry.everySeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** One server for each address. It is told the name that it was found under: proxies and certificates go by that. */
export function atAddresses(
  entry: EndpointEntry,
  addresses: readonly string[],
  headers: Readonly<Record<string, string>>,
): readonly DeclaredEndpoint[] {
  const { host, hostname } = new URL(entry.dns!)
  return addresses.map(address => {
    const at = (given: string): string => {
      const url = new URL(given)
      if (url.hostname === hostname) url.hostname = address.includes(':') ? `[${address}]` : address
      return url.href.replace(/\/$/, '')
    }
    const endpoint = declared(entry, at(entry.dns!), { ...headers, host })
    return { ...endpoint, metricsUrl: endpoint.metricsUrl === undefined ? undefined : at(endpoint.metricsUrl) }
  })
}
