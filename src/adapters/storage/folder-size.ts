import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'

/** Disk usage of a folder. */
export interface FolderSize {
  readonly bytes: number
  readonly files: number
  /** False if the limit on files was reached. */
  readonly whole: boolean
}

/**
 * Total size of the files below a folder, up to a number of files. Links are not followed; missing or vanishing files count
 * as nothing.
 */
export async function folderSize(folder: string, mostFiles = 100_000): Promise<FolderSize> {
  let [bytes, files] = [0, 0]
  const open = [folder]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const entries = await opendir(at).catch(() => null)
    if (entries === null) continue
    for await (const entry of entries) {
      if (files >= mostFiles) return { bytes, files, whole: false }
      const path = join(at, entry.name)
      if (entry.isDirectory()) open.push(path)
      else {
        files++
        bytes += (await lstat(path).catch(() => null))?.size ?? 0
      }
    }
  }
  return { bytes, files, whole: true }
}
