import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { step } from '../steps.js'
import { conversations } from './conversations.js'
import { filledLog } from './sealing.js'

const run = promisify(execFile)
const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url))

/** The most memory of its own, in bytes, of a process that does the work; of the log, mapped pages do not count. */
async function peak(work: 'seal' | 'snapshot', dir: string, dataset: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', child, work, dir, dataset])
  return z.object({ bytes: z.number() }).parse(JSON.parse(stdout)).bytes
}

/**
 * Whether memory stays as it is: the peak of a process that works on a fifth of the records to that of one that works on
 * all; 200,000, or with `--long` a million. Conversations of one turn each, so that the disk has room for them.
 */
export async function memory({ long, verbose }: Settings): Promise<Figure[]> {
  const most = long ? 1_000_000 : sized(200_000, 1_000)
  const at = conversations()
  const short = (index: number) => {
    const { conversations: turns, steerflow, ...rest } = at(index)
    return {
      ...rest,
      conversations: turns.slice(0, 2),
      steerflow: { ...steerflow, scores: steerflow.scores!.slice(0, 2) },
    }
  }
  const peaks = { seal: [] as number[], snapshot: [] as number[] }
  for (const records of [most / 5, most]) {
    const dir = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
    try {
      await (await filledLog(join(dir, 'log'), short, records)).close()
      for (const work of ['seal', 'snapshot'] as const) {
        step(`a process that does ${work} of ${records}`)
        const bytes = await peak(work, dir, 'steerlm')
        if (verbose) process.stderr.write(`    ${work} of ${records}: ${Math.round(bytes / 1e6)} MB\n`)
        peaks[work].push(bytes)
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
  const reference = `the same with ${(most / 5).toLocaleString('en')}`
  return (['seal', 'snapshot'] as const).flatMap(work => {
    const [few, all] = peaks[work] as [number, number]
    const name = `${work}: peak memory with ${most.toLocaleString('en')} records`
    return [
      figure(`${name}, inverse ratio`, 0.8, reference, 'ratio', [few / all]),
      figure(name, null, 'none', 'MB', [all / 1e6]),
    ]
  })
}
