import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { thisWorker } from '../processes/worker.js'

/** Common fields of reports; `at` is ISO 8601. */
export interface WorkerReport {
  readonly worker: string
  readonly at: string
}

export const workersFolder = (root: string): string => join(root, 'workers')

/** A report older than this belongs to a process that has ended, cleanly or not. */
const freshMs = 10_000
/** Age at which a file is deleted. */
const forgottenMs = 3_600_000

/** Publishes the state of this process: a file in a folder that all processes of a data folder share. */
export interface ReportFile<R extends WorkerReport> {
  write(report: Omit<R, keyof WorkerReport>): void
  remove(): void
}

/**
 * Opens the file of this process, and deletes old files of killed processes. A failure to write must not stop the work:
 * reports are for observers only.
 * @param suffix of the file's name, after the worker's name
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

/** The reports of all running processes of a data folder, sorted by name. */
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

/** The disk may be full, or the folder read-only: observers then see an old report, or none. */
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
