import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { z } from 'zod'
import type { Figure } from './figure.js'

/** Where figures are kept that runs have recorded: by benchmark and part, the latest of each. */
export const recordPath = 'bench/figures.json'
/** What a recording writes itself: these may differ from the commit. */
const written = [recordPath, 'docs/benchmarks.md']

const Recorded = z.strictObject({
  /** When the part ended, ISO 8601 in UTC. */
  taken: z.string(),
  commit: z.string(),
  machine: z.strictObject({
    cpus: z.int(),
    model: z.string(),
    memoryGiB: z.int(),
    node: z.string(),
    /** Processes that were runnable on average, in the last minute of the part. */
    load: z.number(),
  }),
  figures: z.array(
    z.strictObject({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      goal: z.number().nullable(),
      met: z.boolean().nullable(),
      spread: z.tuple([z.number(), z.number()]),
      rounds: z.int(),
      reference: z.string(),
    }),
  ),
})
export type Recorded = z.output<typeof Recorded>
const Records = z.record(z.string(), z.record(z.string(), Recorded))

/** Everything that was recorded: by benchmark, then by part. */
export function records(): z.output<typeof Records> {
  return existsSync(recordPath) ? Records.parse(JSON.parse(readFileSync(recordPath, 'utf8'))) : {}
}

export const machine = (): Recorded['machine'] => ({
  cpus: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  load: Number(loadavg()[0]!.toFixed(1)),
})

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

/** The commit that is measured. */
export const commitOf = (): string => git('rev-parse', 'HEAD')

/** Why figures of this working tree cannot be those of its commit; null when they are. */
export function whyNotRecorded(): string | null {
  const changed = git('status', '--porcelain', '--untracked-files=all')
    .split('\n')
    .map(line => line.trim().replace(/^\S+\s+/, ''))
    .filter(path => path !== '' && !written.includes(path))
  return changed.length === 0 ? null : `--record wants what is committed; changed since: ${changed.join(', ')}`
}

/** Keeps the figures of a part, in the place of those before. */
export function record(benchmark: string, part: string, figures: readonly Figure[], commit: string): void {
  const all = records()
  const now: Recorded = {
    taken: new Date().toISOString(),
    commit,
    machine: machine(),
    figures: figures.map(one => ({ ...one, spread: [...one.spread] })),
  }
  const next = { ...all, [benchmark]: { ...all[benchmark], [part]: now } }
  writeFileSync(recordPath, `${JSON.stringify(Records.parse(next), null, 2)}\n`)
}
