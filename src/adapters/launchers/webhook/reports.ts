import { join } from 'node:path'
import { syncFolder, writeDurably, writeFirst } from '../../storage/durable.js'
import { readSmallJson } from '../../storage/small-file.js'
import { isEnd, JobReport } from './report.js'

/** As its listener takes it, spelled by us. */
const longestReport = 8 << 20

const files = { running: 'running.json', end: 'end.json' } as const

async function read(path: string): Promise<JobReport | null> {
  const value = await readSmallJson(path, longestReport).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return value === null ? null : JobReport.parse(value)
}

/** The last that was told of an attempt, from its folder; null when nothing was. */
export const lastReport = async (folder: string): Promise<JobReport | null> =>
  (await read(join(folder, files.end))) ?? (await read(join(folder, files.running)))

/**
 * Keeps what was told of an attempt; it is on disk when this returns. The first end counts: what comes after it changes
 * nothing, so that a report may be sent as often as one likes. Returns what holds now.
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
