import { resolve } from 'node:path'
import { type CutStart, type ShardStore } from '../../../stages/needs.js'
import { openSpool } from '../spool.js'
import { LocalCut } from './cut.js'

/**
 * Shards as files below a storage root.
 * @throws STEERFLOW_STORAGE when the root cannot be used.
 */
export async function openLocalShards(root: string): Promise<ShardStore> {
  const spool = await openSpool(root)
  return { begin: async (start: CutStart) => new LocalCut(resolve(root), await spool.folder('cut'), start) }
}
