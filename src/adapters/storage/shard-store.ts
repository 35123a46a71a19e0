import { type CutStart, type ShardStore } from '../../stages/needs.js'
import { StoredCut } from './cut.js'
import { type FileStore } from './file-store.js'
import { localFolder } from './local-folder.js'
import { openSpool } from './spool.js'

/**
 * Shards: written in the spool of the data folder, kept in `files` (the data folder itself unless told otherwise).
 * @throws STEERFLOW_STORAGE when the data folder cannot be used.
 */
export async function openShards(root: string, files: FileStore = localFolder(root)): Promise<ShardStore> {
  const spool = await openSpool(root)
  return { begin: async (start: CutStart) => new StoredCut(files, await spool.folder('cut'), start) }
}
