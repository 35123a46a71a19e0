import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type ProcessIdentity, ProcessIdentity as Identity } from '../../processes/identity.js'
import { SteerflowError } from '../../../domain/errors.js'
import { writeDurably, writeFirst } from '../../storage/durable.js'
import { readSmallJson } from '../../storage/small-file.js'

/** How the job's process ended, at the failed step or the last one. */
export const Exit = z.strictObject({
  code: z.int().nullable().describe('null when it was ended by a signal or could not be started'),
  signal: z.string().nullable(),
  error: z.string().nullable().describe('why it could not be started'),
  step: z.string().nullable().default(null).describe('which of its steps that was; null where there is one'),
})
export type Exit = z.output<typeof Exit>

/** Work of a watching process: see `Rendered`. */
export const WatchedAttempt = z.strictObject({
  steps: z.array(z.array(z.string()).min(1)).min(1),
  env: z.record(z.string(), z.string()),
  workdir: z.string().nullable(),
})
export type WatchedAttempt = z.output<typeof WatchedAttempt>

/**
 * State files in an attempt's folder, for any later process: `pid.json` (the watching process), `exit.json` (how it ended),
 * `cancelled` (cancellation requested), `log`.
 */
export const attemptFiles = { pid: 'pid.json', exit: 'exit.json', cancelled: 'cancelled', log: 'log' } as const

/**
 * Opens the log of an attempt to append or read. Links are not followed and pipes not waited for, since a stranger put them
 * there.
 * @throws STEERFLOW_PATH_OUTSIDE; errors of the file system
 */
export async function openLog(folder: string, to: 'append' | 'read'): Promise<FileHandle> {
  const path = join(folder, attemptFiles.log)
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, O_APPEND, O_CREAT } = constants
  const flags = to === 'read' ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT
  const foreign = () =>
    new SteerflowError('STEERFLOW_PATH_OUTSIDE', `${path} is a link or not a regular file: remove it`)
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw ['ELOOP', 'EISDIR', 'ENXIO'].includes(error.code ?? '') ? foreign() : error
  })
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw foreign()
}

/** The last `mostBytes` bytes of an attempt's log; empty if it cannot be read. */
export async function logEnd(folder: string, mostBytes = 1 << 20): Promise<string> {
  const file = await openLog(folder, 'read').catch(() => null)
  if (file === null) return ''
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, mostBytes)), {
      position: Math.max(0, size - mostBytes),
    })
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function readJson<T>(schema: z.ZodType<T>, path: string): Promise<T | null> {
  const value = await readSmallJson(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return value === null ? null : schema.parse(value)
}

/** Process 1 cannot lead a job: signals to "group 1" go to every process. */
const Leader = Identity.extend({ pid: z.int().min(2) })

/** The process that took the attempt; null if none has. */
export const readOwner = (folder: string): Promise<ProcessIdentity | null> =>
  readJson(Leader, join(folder, attemptFiles.pid))

/** How the attempt ended; null if unknown. */
export const readExit = (folder: string): Promise<Exit | null> => readJson(Exit, join(folder, attemptFiles.exit))

export const writeExit = (folder: string, exit: Exit): Promise<void> =>
  writeDurably(join(folder, attemptFiles.exit), JSON.stringify(exit))

/** Takes the attempt for a process; of several contenders, one succeeds. */
export const takeAttempt = (folder: string, owner: ProcessIdentity): Promise<boolean> =>
  writeFirst(join(folder, attemptFiles.pid), JSON.stringify(owner))
