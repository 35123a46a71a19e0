import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileStore } from '../../adapters/storage/file-store.js'
import { sha256 } from '../../domain/digest.js'
import { type Finding, ok } from './check.js'

/**
 * Whether shards can be kept where they are to be: a small file is put into the bucket, read, listed and removed.
 * @throws what the store throws, with its code
 */
export async function storageUsable(files: FileStore, remote: boolean): Promise<Finding> {
  if (!remote) return ok(`shards are kept in ${files.place}`)
  const name = `doctor/${randomUUID()}`
  const path = join(tmpdir(), name.replace('/', '-'))
  const text = 'written by steerflow doctor, which removes it\n'
  await writeFile(path, text)
  try {
    await files.put(path, name, { bytes: text.length, sha256: sha256(text) })
    for await (const _ of files.read(name));
    for await (const _ of files.list(name));
    await files.remove(name)
  } finally {
    await rm(path, { force: true })
  }
  return ok(`shards can be written, read, listed and removed in ${files.place}`)
}
