import { explain } from '../../../domain/errors.js'
import { keyHeaders } from './api-key.js'
import type { EndpointEntry } from './entry.js'
import { type EndpointsReport, EndpointTrouble } from './events.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { declared, type DeclaredEndpoint } from './declared.js'
import { readEndpointsFile, watchEndpointsFile } from './file.js'
import { atAddresses } from './name.js'
import { FollowedNames } from './names.js'
import { type Protocols, protocols as builtIn } from '../protocols/protocols.js'
import { race } from '../../../runtime/concurrency.js'

type Headers = Readonly<Record<string, string>>

/** The API keys of entries over time: a key that cannot be read now keeps its last value. */
export class Keys {
  readonly #known = new Map<string, Headers>()
  readonly #troubles = new Map<string, EndpointTrouble>()

  constructor(private readonly report: EndpointsReport) {}

  /** Headers with the key of an entry; null if the key was never read, since such a server would refuse everything. */
  async of(entry: EndpointEntry): Promise<Headers | null> {
    const { apiKeyEnv, apiKeyFile } = entry
    const source = apiKeyFile ?? apiKeyEnv
    if (source === undefined) return {}
    const trouble = this.#troubles.get(source) ?? new EndpointTrouble(source, this.report)
    this.#troubles.set(source, trouble)
    try {
      const headers = await keyHeaders(entry)
      this.#known.set(source, headers)
      trouble.over()
      return headers
    } catch (error) {
      trouble.is(explain(error))
      return this.#known.get(source) ?? null
    }
  }
}

export interface EndpointsSpec {
  readonly entries: readonly EndpointEntry[]
  /** File with more entries, watched; null: none. */
  readonly file: string | null
  /** The known protocols (default: the built-in ones). */
  readonly protocols?: Protocols
}

export interface WatchOptions {
  readonly report: EndpointsReport
  readonly signal: AbortSignal
  /** Milliseconds between two reads of files (1,000). */
  readonly everyMs?: number
}

/** Maximum wait for the first DNS answers, in milliseconds. */
const firstAnswersMs = 10_000

/**
 * Watches all sources and passes on the whole list, each URL once, whenever it has changed. Resolves after the first
 * list; a name without an answer by then has no servers yet.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID if the file, or a key, cannot be read at the start. Later
 *   such a failure is reported, and the last known value stays in force.
 */
export async function watchEndpoints(
  spec: EndpointsSpec,
  onChange: (endpoints: readonly DeclaredEndpoint[]) => void,
  { report, signal, everyMs = 1_000 }: WatchOptions,
): Promise<void> {
  const { file, protocols = builtIn } = spec
  let entries = [...spec.entries, ...(file === null ? [] : await readEndpointsFile(file, protocols))]
  for (const entry of entries) await keyHeaders(entry)
  const keys = new Keys(report)
  let started = false
  const refresh = repeatable(async () => {
    names.follow(entries)
    const endpoints = await listed(entries, names, keys)
    if (started && !signal.aborted) tell(endpoints)
  })
  const names = new FollowedNames(report, refresh)
  const tell = whenDifferent(onChange)

  names.follow(entries)
  await race([names.answered(), sleep(firstAnswersMs, undefined, { signal, ref: false })]).catch(() => undefined)
  started = true
  tell(await listed(entries, names, keys))
  if (signal.aborted) {
    names.close()
    return
  }
  signal.addEventListener('abort', () => names.close(), { once: true })
  if (file !== null) {
    const onList = (list: readonly EndpointEntry[]): void => {
      entries = [...spec.entries, ...list]
      refresh()
    }
    void watchEndpointsFile(file, onList, { everyMs, report, signal, protocols })
  }
  void every(everyMs, signal, () => entries.some(({ apiKeyFile }) => apiKeyFile !== undefined) && refresh())
}

/** The servers of all entries now. The first of several with the same URL wins. */
async function listed(
  entries: readonly EndpointEntry[],
  names: FollowedNames,
  keys: Keys,
): Promise<readonly DeclaredEndpoint[]> {
  const found = new Map<string, DeclaredEndpoint>()
  for (const entry of entries) {
    const headers = await keys.of(entry)
    if (headers === null) continue
    const { url } = entry
    const servers =
      url === undefined ? atAddresses(entry, names.addresses(entry), headers) : [declared(entry, url, headers)]
    for (const server of servers) if (!found.has(server.url)) found.set(server.url, server)
  }
  return [...found.values()]
}

/** Passes on values that differ from the last one. */
function whenDifferent<T>(tell: (value: T) => void): (value: T) => void {
  let told: string | null = null
  return value => {
    const now = JSON.stringify(value)
    if (now !== told) tell(value)
    told = now
  }
}

/** Runs `work`, never twice at a time; a call during a run causes another run after it. */
function repeatable(work: () => Promise<void>): () => void {
  let state: 'idle' | 'busy' | 'again' = 'idle'
  const run = async (): Promise<void> => {
    do {
      state = 'busy'
      await work()
    } while ((state as string) === 'again')
    state = 'idle'
  }
  return () => {
    if (state === 'idle') void run()
    else state = 'again'
  }
}

async function every(ms: number, signal: AbortSignal, work: () => void): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
    if (!signal.aborted) work()
  }
}
