import { createHash, randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { isPathBelow } from '../../domain/names.js'
import { storing } from './durable.js'
import type { FileStore } from './file-store.js'

/** Prefix of the files whose names are the ids of a store; their content repeats the id. */
const prefix = 'store-id/'
/** Limit on ids. So many processes never start at once: more means a foreign folder or an endless listing. */
const mostIds = 1000

/**
 * The ids of a store. A store without an id gets one; if several processes do this at once, it keeps several ids, and each
 * of them identifies it.
 * @param scratch a local folder, on the same file system if the store is a folder
 * @throws STEERFLOW_STORAGE, and the errors of the store
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
      throw new SteerflowError('STEERFLOW_STORAGE', `${what}: remove the files that steerflow did not put there`)
    }
  }
  return ids.sort()
}
