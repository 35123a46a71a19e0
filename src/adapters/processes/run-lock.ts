import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { readSmall, readSmallJson } from '../storage/small-file.js'
import { isRunning, ownIdentity, ProcessIdentity } from './identity.js'

/**
 * A file that says which process is at work in a data folder. It serves only a friendly message: what keeps two runs
 * from doing the same work twice is the log itself, by fencing.
 * @throws STEERFLOW_RUN_ACTIVE when the process named in it still runs.
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

/** Who holds it; null for a file that a crash left unfinished. */
async function holderOf(path: string): Promise<ProcessIdentity | null> {
  try {
    return ProcessIdentity.parse(await readSmallJson(path))
  } catch {
    return null
  }
}
