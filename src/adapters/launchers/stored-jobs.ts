import { readdir } from 'node:fs/promises'
import { isName } from '../../domain/names.js'
import { below, solidBelow } from '../storage/below.js'
import { folderSize } from '../storage/folder-size.js'
import { removeFolder, sweepRemoved } from '../storage/remove-folder.js'

/** Names of the jobs with a folder below a storage root, sorted. */
export async function jobFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(below(root, 'jobs'), { withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isDirectory() && isName(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** Size of a job's folder in bytes: files, logs and output. */
export const jobBytes = async (root: string, job: string): Promise<number> =>
  (await folderSize(below(root, 'jobs', job))).bytes

/** Removes a job's folder. After a kill, call it again. @throws STEERFLOW_STORAGE, STEERFLOW_PATH_OUTSIDE */
export const removeJob = async (root: string, job: string): Promise<void> =>
  removeFolder(await solidBelow(root, 'jobs', job), job)

/** Completes removals that killed processes had started. */
export const sweepJobs = (root: string): Promise<void> => sweepRemoved(below(root, 'jobs'))
