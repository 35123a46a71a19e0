import type { Fleet } from '../../src/adapters/inference/fleet.js'
import type { BenchServer, Look } from './servers.js'

/** All servers' counters at a moment of our clock, in milliseconds; null for one that is away. */
export interface Sample {
  readonly at: number
  readonly looks: readonly (Look | null)[]
}

const everyMs = 250
const traceMs = 500

/** Looks at servers and a fleet over and over: to find when something was so, and for the trace. */
export class Watch {
  readonly samples: Sample[] = []
  readonly started = performance.now()
  readonly #timers: NodeJS.Timeout[] = []
  #events: string[] = []

  constructor(
    private readonly servers: readonly BenchServer[],
    private readonly fleet: Fleet,
    verbose: boolean,
  ) {
    this.#timers.push(setInterval(() => void this.sample(), everyMs))
    if (verbose) this.#timers.push(setInterval(() => this.#trace(), traceMs))
  }

  /** Looks now. */
  async sample(): Promise<Sample> {
    const looks = await Promise.all(this.servers.map(server => server.look().catch(() => null)))
    const sample = { at: performance.now(), looks }
    this.samples.push(sample)
    return sample
  }

  /** A word for the next line of the trace. */
  event(text: string): void {
    this.#events.push(text)
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /**
   * A line: seconds, and for each endpoint its state (but `up`), requests under way / limit × prompts in a request,
   * prompts a second, median latency, and what is worked on and waits at the server.
   */
  #trace(): void {
    const looks = this.samples.at(-1)?.looks ?? []
    const cells = this.fleet.stats().endpoints.map((endpoint, index) => {
      const { state, inFlight, limit, batch, perSecond, latencyMs } = endpoint
      const look = looks[index]
      const server = look ? `${look.running}+${look.queued}` : 'away'
      const known = state === 'up' ? '' : `${state} `
      return `${known}${inFlight}/${limit}×${batch} ${perSecond.toFixed(0)}/s ${latencyMs?.p50.toFixed(0) ?? '–'}ms [${server}]`
    })
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1).padStart(5)
    const events = this.#events.splice(0).map(event => `  ← ${event}`)
    process.stderr.write(`    ${seconds} s  ${cells.join(' | ')}${events.join('')}\n`)
  }
}

/** The looks of a sample in which every server answered. */
export function whole(sample: Sample): readonly Look[] {
  return sample.looks.map(look => {
    if (!look) throw new Error('a server did not tell its counters')
    return look
  })
}
