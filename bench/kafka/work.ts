import { z } from 'zod'

/** What one process of the benchmark is told on its command line. */
export const Task = z.strictObject({
  brokers: z.array(z.string()),
  namespace: z.string(),
  group: z.string(),
  /** Records of the input. */
  records: z.int(),
  /** Records after which the clock starts: connections are made and code is compiled by then. */
  warm: z.int(),
  delivery: z.enum(['exactly-once', 'at-least-once']).default('at-least-once'),
  /** Server that is called for each record. */
  url: z.url().optional(),
  inFlight: z.int().default(64),
})
export type Task = z.output<typeof Task>

/** A record of about 1 KiB. */
export const Sample = z.strictObject({ id: z.int(), key: z.string(), text: z.string() }).meta({ title: 'Sample' })
export type Sample = z.output<typeof Sample>

/** What both sides do with a record. */
export const normalised = (text: string): string => text.replace(/ {2,}/g, ' ')

/** Measures from the `warm`-th record to the last. */
export class Meter {
  #started: { readonly cpu: number; readonly at: number } | null = null
  #done = 0

  constructor(private readonly task: Task) {}

  /** Told of records that are done; prints the figures at the last and says so. */
  count(records: number): boolean {
    this.#done += records
    if (!this.#started && this.#done >= this.task.warm) this.#started = { ...now(), at: performance.now() }
    if (this.#done < this.task.records || !this.#started) return false
    const counted = this.task.records - this.task.warm
    const cpu = now().cpu - this.#started.cpu
    const seconds = (performance.now() - this.#started.at) / 1000
    process.stdout.write(`${JSON.stringify({ perCpuSecond: counted / cpu, perSecond: counted / seconds })}\n`)
    return true
  }
}

function now(): { readonly cpu: number } {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6 }
}
