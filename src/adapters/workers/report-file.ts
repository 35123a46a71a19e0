import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { thisWorker } from '../processes/worker.js'

/** What every report says of itself; `at` is ISO 8601. */
export interface WorkerReport {
  readonly worker: string
  readonly at: string
}

/** Where the processes of a data folder say what they do. */
export const workersFolder = (root: string): string => join(root, 'workers')

/** A report older than this is of a process that has ended, however it did. */
const freshMs = 10_000
/** A file that nobody has written for so long is of no use to anybody. */
const forgottenMs = 3_600_000

/** Lets others see what this process does while it works: a file in a folder that all processes of a data folder share. */
export interface ReportFile<R extends WorkerReport> {
  write(report: Omit<R, keyof WorkerReport>): void
  remove(): void
}

/**
 * Opens the file of this process, and removes those of processes that were killed long ago. Failing to write must not
 * stop the work: a report is for looking on only.
 * @param suffix of the file's name, behind the worker's
 */
export function reportFile<R extends WorkerReport>(
  folder: string,
  suffix: string,
  now: () => number = Date.now,
): ReportFile<R> {
  const { worker } = thisWorker()
  const path = join(folder, `${worker}${suffix}`)
  for (const name of namesIn(folder, suffix))
    quietly(() => {
      const file = join(folder, name)
      if (now() - statSync(file).mtimeMs > forgottenMs) rmSync(file, { force: true })
    })
  return {
    write: report =>
      quietly(() => {
        mkdirSync(folder, { recursive: true })
        writeFileSync(`${path}.new`, JSON.stringify({ worker, at: new Date(now()).toISOString(), ...report }))
        renameSync(`${path}.new`, path)
      }),
    remove: () => quietly(() => rmSync(path, { force: true })),
  }
}

/** The reports of the processes that are at work now on a data folder, in the order of their names. */
export function readReports<R extends WorkerReport>(
  folder: string,
  suffix: string,
  schema: z.ZodType<R>,
  now: () => number = Date.now,
): readonly R[] {
  return namesIn(folder, suffix).flatMap(name => {
    const report = read(join(folder, name), schema)
    return report && now() - Date.parse(report.at) < freshMs ? [report] : []
  })
}

/** The disk may be full, or the folder read only: whoever looks on sees an old report, or none. */
function quietly(work: () => void): void {
  try {
    work()
  } catch {
    return
  }
}

function namesIn(folder: string, suffix: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith(suffix))
      .sort()
  } catch {
    return []
  }
}

function read<R>(path: string, schema: z.ZodType<R>): R | null {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
  } catch {
    return null
  }
}
