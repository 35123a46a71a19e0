import { setTimeout as sleep } from 'node:timers/promises'
import { type ContractProcess, forkContractServer } from '../../test/support/contract-server/child.js'
import type { ServerOptions } from '../../test/support/contract-server/server.js'
import { present, unlessGone } from './present.js'
import { best, type ServiceCounters, ServiceMode } from '../../test/support/contract-server/service.js'

/** A server's own counters at a moment of its own clock, in milliseconds. */
export type Look = ServiceCounters & { readonly now: number }

/** A server in a process of its own. */
export class BenchServer {
  /** What its mode allows at best, sentences a second, and with how many in a request or under way. */
  readonly best: { readonly perSecond: number; readonly at: number }
  /** Resolves when it ended though nobody ended it, with how. */
  readonly gone: Promise<string>
  #process: ContractProcess
  #tell: (how: string) => void = () => undefined

  private constructor(
    readonly mode: ServiceMode,
    private readonly options: ServerOptions,
    process: ContractProcess,
  ) {
    this.best = best(mode)
    this.gone = new Promise(resolve => (this.#tell = resolve))
    this.#process = process
    this.#watch()
  }

  #watch(): void {
    void this.#process.gone.then(how => this.#tell(how))
  }

  static async start(service: ServiceMode, options: ServerOptions = {}): Promise<BenchServer> {
    const all = { ...options, service }
    return new BenchServer(service, all, await forkContractServer(all))
  }

  get url(): string {
    return this.#process.url
  }

  get pid(): number {
    return this.#process.pid
  }

  async look(): Promise<Look> {
    const { service, now } = await this.#process.counters()
    if (!service) throw new Error('the server has no service mode')
    return { ...service, now }
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** Starts it again on its port. */
  async again(): Promise<void> {
    this.#process = await forkContractServer({ ...this.options, port: Number(new URL(this.url).port) })
    this.#watch()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

/**
 * Runs `work` with servers of these modes, and ends them whatever happens.
 * @throws an Error that names the server when one ends that nobody ended.
 */
export async function withServers<T>(
  modes: readonly object[],
  work: (servers: readonly BenchServer[]) => Promise<T>,
  options: readonly ServerOptions[] = [],
): Promise<T> {
  const servers: BenchServer[] = []
  const leaving: (() => void)[] = []
  try {
    for (const [index, mode] of modes.entries()) {
      servers.push(await BenchServer.start(ServiceMode.parse(mode), options[index]))
    }
    const known = servers.map(({ url, gone }, index) => ({ name: `${index + 1} of ${servers.length}`, url, gone }))
    leaving.push(...known.map(present))
    return await unlessGone(work(servers), known)
  } finally {
    for (const leave of leaving) leave()
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** Waits until servers have finished what a round before has left at them. */
export async function quiet(servers: readonly BenchServer[]): Promise<void> {
  for (;;) {
    const looks = await Promise.all(servers.map(server => server.look()))
    if (looks.every(look => look.running + look.queued === 0)) return
    await sleep(50)
  }
}
