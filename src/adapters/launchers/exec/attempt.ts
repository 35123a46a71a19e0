import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type ProcessIdentity, ProcessIdentity as Identity } from '../../processes/identity.js'
import { writeDurably, writeFirst } from '../../storage/durable.js'

/** How the job's own process ended: the step that failed, or the last. */
export const Exit = z.strictObject({
  code: z.int().nullable().describe('null when it was ended by a signal or could not be started'),
  signal: z.string().nullable(),
  error: z.string().nullable().describe('why it could not be started'),
  step: z.string().nullable().default(null).describe('which of its steps that was; null where there is one'),
})
export type Exit = z.output<typeof Exit>

/** What a watching process is given to run: see `Rendered`. */
export const Watched = z.strictObject({
  steps: z.array(z.array(z.string()).min(1)).min(1),
  env: z.record(z.string(), z.string()),
  workdir: z.string().nullable(),
})
export type Watched = z.output<typeof Watched>

/**
 * What is known of an attempt lies in its folder, so that any later process finds it: `pid.json` (which process watches
 * it), `exit.json` (how it ended), `cancelled` (somebody asked for its end), `log`.
 */
export const attemptFiles = { pid: 'pid.json', exit: 'exit.json', cancelled: 'cancelled', log: 'log' } as const

async function readJson<T>(schema: z.ZodType<T>, path: string): Promise<T | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text === null ? null : schema.parse(JSON.parse(text))
}

/** The process that took the attempt; null when nobody has yet. */
export const readOwner = (folder: string): Promise<ProcessIdentity | null> =>
  readJson(Identity, join(folder, attemptFiles.pid))

/** How the attempt ended; null when that is not known. */
export const readExit = (folder: string): Promise<Exit | null> => readJson(Exit, join(folder, attemptFiles.exit))

export const writeExit = (folder: string, exit: Exit): Promise<void> =>
  writeDurably(join(folder, attemptFiles.exit), JSON.stringify(exit))

/** Takes the attempt for a process: of any number that try, one succeeds. */
export const takeAttempt = (folder: string, owner: ProcessIdentity): Promise<boolean> =>
  writeFirst(join(folder, attemptFiles.pid), JSON.stringify(owner))
