import { createHash, randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { isPathBelow } from '../../domain/names.js'
import { storing } from './durable.js'
import type { FileStore } from './file-store.js'

/** Below it a store keeps the ids by which it is known: the names of its files, whose bytes say the same. */
const prefix = 'store-id/'
/** So many processes never begin at once: somebody else fills the folder, or lists without end. */
const mostIds = 1000

/**
 * The ids of a store. One that has none gets one; where several processes do so at once it has several from then on, and
 * is known by each of them.
 * @param scratch a folder of this machine on the file system of a store that is a folder
 * @throws STEERFLOW_STORAGE, and what the store adds
 */
export async function storeIds(files: FileStore, scratch: string): Promise<readonly string[]> {
  const found = await idsIn(files)
  if (found.length > 0) return found
  const id = randomUUID()
  const bytes = Buffer.from(`${id}\n`)
  const path = join(scratch, `store-id.${id}`)
  await storing(`make the id of the store in ${path}`, async () => {
    await mkdir(scratch, { recursive: true })
    await writeFile(path, bytes, { flag: 'wx', flush: true })
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await files.put(path, `${prefix}${id}`, { bytes: bytes.byteLength, sha256 })
  return idsIn(files)
}

async function idsIn(files: FileStore): Promise<readonly string[]> {
  const ids: string[] = []
  let seen = 0
  for await (const { name } of files.list(prefix)) {
    const id = name.slice(prefix.length)
    if (isPathBelow(name) && /^[0-9a-f-]{36}$/.test(id)) ids.push(id)
    if (++seen > mostIds) {
      const what = `${files.place} has more than ${mostIds} files below ${prefix}`
      throw new SteerflowError('STEERFLOW_STORAGE', `${what}: remove what steerflow did not put there`)
    }
  }
  return ids.sort()
}
