import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { EndpointStats, type FleetStats } from './pool/counters.js'

/** What one running process says of its fleet. */
const FleetReport = z.object({
  worker: z.string(),
  at: z.string(),
  waiting: z.number(),
  outageMs: z.number().nullable(),
  turnsScored: z.number(),
  prefixesReused: z.number(),
  endpoints: z.array(EndpointStats),
})
export type FleetReport = z.output<typeof FleetReport>

/** Where the processes of a data folder say what their fleets do. */
export const fleetFolder = (root: string): string => join(root, 'workers')

/** A report older than this is of a process that has ended, however it did. */
const freshMs = 10_000

/** Lets others see a fleet while it works: a file in a folder that all processes of a data folder share. */
export interface FleetFile {
  write(stats: FleetStats): void
  remove(): void
}

/** Opens the file of this process. Failing to write it must not stop the work: it is for looking on only. */
export function fleetFile(folder: string, now: () => number = Date.now): FleetFile {
  const worker = `${hostname()}-${process.pid}`
  const path = join(folder, `${worker}.json`)
  const quietly = (work: () => void): void => {
    try {
      work()
    } catch {
      // The disk may be full, or the folder read only: whoever looks on sees an old report, or none.
    }
  }
  return {
    write: ({ waiting, outageMs, turnsScored, prefixesReused, endpoints }) =>
      quietly(() => {
        const at = new Date(now()).toISOString()
        mkdirSync(folder, { recursive: true })
        const report = { worker, at, waiting, outageMs, turnsScored, prefixesReused, endpoints }
        writeFileSync(`${path}.new`, JSON.stringify(report))
        renameSync(`${path}.new`, path)
      }),
    remove: () => quietly(() => rmSync(path, { force: true })),
  }
}

/** The reports of the processes that are at work now, in the order of their names. */
export function readFleetFiles(folder: string, now: () => number = Date.now): readonly FleetReport[] {
  return namesIn(folder).flatMap(name => {
    const report = read(join(folder, name))
    return report && now() - Date.parse(report.at) < freshMs ? [report] : []
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.json'))
      .sort()
  } catch {
    return []
  }
}

function read(path: string): FleetReport | null {
  try {
    return FleetReport.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
  } catch {
    return null
  }
}
