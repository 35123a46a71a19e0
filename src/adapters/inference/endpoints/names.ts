import type { EndpointEntry } from './entry.js'
import type { EndpointsReport } from './events.js'
import { watchName } from './name.js'

interface FollowedName {
  readonly entry: EndpointEntry
  readonly stop: AbortController
  /** Resolves with the first answer. */
  readonly first: Promise<void>
  addresses: readonly string[]
}

/** Follows the DNS names of entries, with one look-up at a time for each entry. */
export class FollowedNames {
  readonly #asked = new Map<string, FollowedName>()

  constructor(
    private readonly report: EndpointsReport,
    private readonly changed: () => void,
  ) {}

  /** Follows the names of these entries from now on, and no others. A changed entry keeps its addresses. */
  follow(entries: readonly EndpointEntry[]): void {
    const wanted = new Map(entries.filter(({ dns }) => dns !== undefined).map(entry => [JSON.stringify(entry), entry]))
    for (const [key, entry] of wanted) {
      if (!this.#asked.has(key)) this.#asked.set(key, this.#ask(entry))
    }
    for (const [key, { stop }] of this.#asked) {
      if (wanted.has(key)) continue
      stop.abort()
      this.#asked.delete(key)
    }
  }

  addresses(entry: EndpointEntry): readonly string[] {
    return this.#asked.get(JSON.stringify(entry))?.addresses ?? []
  }

  /** Resolves after the first answer for each name, accepted or not. */
  async answered(): Promise<void> {
    await Promise.all([...this.#asked.values()].map(({ first }) => first))
  }

  close(): void {
    this.follow([])
  }

  #ask(entry: EndpointEntry): FollowedName {
    const stop = new AbortController()
    const before = [...this.#asked.values()].find(one => one.entry.dns === entry.dns)
    const { promise: first, resolve: answered } = promised()
    const onAnswer = (addresses: readonly string[]): void => {
      const changed = addresses.join() !== asked.addresses.join()
      asked.addresses = addresses
      answered()
      if (changed) this.changed()
    }
    const known = before?.addresses ?? []
    const watch = { report: this.report, signal: stop.signal, known, onAnswer }
    const asked: FollowedName = { entry, stop, first, addresses: known }
    void watchName(entry, watch)
    return asked
  }
}

function promised(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(settle => (resolve = settle))
  return { promise, resolve }
}
