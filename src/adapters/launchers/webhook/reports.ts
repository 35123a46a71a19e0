import { join } from 'node:path'
import { syncFolder, writeDurably, writeFirst } from '../../storage/durable.js'
import { readSmallJson } from '../../storage/small-file.js'
import { isEnd, JobReport } from './report.js'

/** Size limit of a stored report in bytes: larger than the listener's limit, since we serialise it ourselves. */
const longestReport = 8 << 20

const files = { running: 'running.json', end: 'end.json' } as const

async function read(path: string): Promise<JobReport | null> {
  const value = await readSmallJson(path, longestReport).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return value === null ? null : JobReport.parse(value)
}

/** The latest report of an attempt, from its folder; null if there is none. */
export const lastReport = async (folder: string): Promise<JobReport | null> =>
  (await read(join(folder, files.end))) ?? (await read(join(folder, files.running)))

/**
 * Stores a report; it is on disk when this returns. The first end counts and later reports change nothing, so a report may
 * be sent any number of times. Returns the effective report.
 */
export async function keepReport(folder: string, report: JobReport): Promise<JobReport> {
  const text = JSON.stringify(report)
  if (!isEnd(report)) {
    const known = await lastReport(folder)
    if (report.state === 'running' && known?.state !== 'running' && (known === null || !isEnd(known))) {
      await writeDurably(join(folder, files.running), text)
    }
    return (await lastReport(folder)) ?? report
  }
  await writeFirst(join(folder, files.end), text)
  await syncFolder(folder)
  return (await lastReport(folder)) ?? report
}
