import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { readSmall, readSmallJson } from '../storage/small-file.js'
import { isRunning, ownIdentity, ProcessIdentity } from './identity.js'

/**
 * A file with the process that works in a data folder. It only serves a helpful message: the log itself prevents
 * duplicate work of two runs, by fencing.
 * @throws STEERFLOW_RUN_ACTIVE if the process in the file still runs.
 */
export async function takeRunLock(path: string): Promise<{ release(): Promise<void> }> {
  await mkdir(dirname(path), { recursive: true })
  const own = JSON.stringify(await ownIdentity())
  if (!(await create(path, own))) {
    const holder = await holderOf(path)
    if (holder && (await isRunning(holder))) {
      throw new SteerflowError('STEERFLOW_RUN_ACTIVE', `process ${holder.pid} is already at work in ${dirname(path)}`)
    }
    await writeFile(`${path}.${process.pid}`, own)
    await rename(`${path}.${process.pid}`, path)
  }
  return {
    release: async () => {
      const now = await readSmall(path).catch(() => '')
      if (now === own) await rm(path, { force: true })
    },
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(text)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${dirname(path)} cannot be written`, { cause: error })
  }
}

/** The owner of the lock; null for a file that a crash left incomplete. */
async function holderOf(path: string): Promise<ProcessIdentity | null> {
  try {
    return ProcessIdentity.parse(await readSmallJson(path))
  } catch {
    return null
  }
}
