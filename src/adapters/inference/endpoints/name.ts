import { lookup, Resolver } from 'node:dns/promises'
import type { EndpointEntry } from './entry.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { declared, type DeclaredEndpoint } from './declared.js'
import { type EndpointsReport, EndpointTrouble } from './events.js'

/** Addresses of one family; null if the look-up failed, which says nothing about them. */
export type Family = readonly string[] | null

export interface ResolvedName {
  readonly v4: Family
  readonly v6: Family
  /** Why a look-up failed; null if none did. */
  readonly cause: string | null
}

export type ResolveName = (name: string) => Promise<ResolvedName>

/** Error codes that mean "no such name" or "no such record". With every other code the look-up has failed. */
const empty = new Set(['ENODATA', 'ENOTFOUND'])

export const resolveOf = ({ nameServers }: EndpointEntry): ResolveName =>
  nameServers ? byServers(nameServers) : bySystem

/** The system's resolver: `/etc/hosts`, search domains, and the machine's other settings. */
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

/** The addresses of a name over time. Known addresses stay if a look-up fails, and for a while if it finds none. */
export class Addresses {
  #v4: readonly string[] = []
  #v6: readonly string[] = []
  #goodAt = -Infinity

  /** @param known earlier addresses of the name, e.g. those of an entry that was changed */
  constructor(
    private readonly keepMs: number,
    known: readonly string[] = [],
  ) {
    this.#v4 = known.filter(address => !address.includes(':'))
    this.#v6 = known.filter(address => address.includes(':'))
    if (known.length > 0) this.#goodAt = performance.now()
  }

  /** Sorted, so that a DNS server that rotates its answers changes nothing. */
  get all(): readonly string[] {
    return [...this.#v4.toSorted(), ...this.#v6.toSorted()]
  }

  /**
   * Processes an answer; returns the reason for rejecting it, or null. A failed look-up never removes addresses,
   * however long it lasts: an outage of DNS must not stop a working fleet. An empty answer is accepted after `keepMs`.
   */
  heard({ v4, v6, cause }: ResolvedName, now: number): string | null {
    const next: Family[] = [v4 ?? this.#v4, v6 ?? this.#v6]
    const none = next.every(family => family!.length === 0)
    if (none && this.all.length > 0 && now - this.#goodAt < this.keepMs) return 'it no longer has an address'
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
  /** Addresses to use until the first answer. */
  readonly known: readonly string[]
  /** Called with all addresses after each answer, accepted or not. */
  readonly onAnswer: (addresses: readonly string[]) => void
  readonly resolve?: ResolveName
}

/** Resolves the name of an entry periodically until the signal is aborted. */
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

/** One server for each address. Requests carry the original host name, on which proxies and certificates depend. */
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
