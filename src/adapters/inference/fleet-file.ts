import { z } from 'zod'
import type { Wait } from '../../runtime/waits.js'
import { readReports, reportFile } from '../workers/report-file.js'
import { EndpointStats, type FleetStats } from './pool/stats.js'

const Standing = z.object({ what: z.string(), waiting: z.number(), since: z.number() })

/** The report of one running process on its fleet. */
const FleetReport = z.object({
  worker: z.string(),
  at: z.string(),
  waiting: z.number(),
  outageMs: z.number().nullable(),
  outageCause: z.string().nullish().describe('last error of an outage'),
  turnsScored: z.number(),
  prefixesReused: z.number(),
  endpoints: z.array(EndpointStats),
  /** What the process waits for; only others can provide it. Absent in reports of older programs. */
  waits: z.array(Standing).default([]),
  /** What the process loads now. Absent in reports of older programs. */
  loads: z.array(Standing).default([]),
})
export type FleetReport = z.output<typeof FleetReport>

const suffix = '.json'

/** Publishes the state of a working fleet: a file in a folder that all processes of a data folder share. */
export interface FleetFile {
  write(stats: FleetStats, stands?: { readonly waits: readonly Wait[]; readonly loads: readonly Wait[] }): void
  remove(): void
}

/** Opens the file of this process. Failures to write it do not stop the work. */
export function fleetFile(folder: string, now: () => number = Date.now): FleetFile {
  const file = reportFile<FleetReport>(folder, suffix, now)
  return {
    write: ({ waiting, outageMs, outageCause, turnsScored, prefixesReused, endpoints }, stands) =>
      file.write({
        waiting,
        outageMs,
        outageCause,
        turnsScored,
        prefixesReused,
        endpoints: [...endpoints],
        waits: [...(stands?.waits ?? [])],
        loads: [...(stands?.loads ?? [])],
      }),
    remove: () => file.remove(),
  }
}

/** The reports of all running processes, sorted by name. */
export const readFleetFiles = (folder: string, now: () => number = Date.now): readonly FleetReport[] =>
  readReports(folder, suffix, FleetReport, now)
