import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FileStore } from '../../../src/adapters/storage/file-store.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { sha256 } from '../../../src/domain/digest.js'
import { temporaryFolder } from '../../support/temporary.js'

async function put(root: string, store: FileStore, name: string, text: string): Promise<void> {
  const path = join(root, 'spooled')
  await writeFile(path, text)
  await store.put(path, name, { bytes: Buffer.byteLength(text), sha256: sha256(text) })
}

async function read(store: FileStore, name: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of store.read(name)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function names(store: FileStore, prefix: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { name } of store.list(prefix)) found.push(name)
  return found.sort()
}

describe('a local folder', () => {
  it('keeps, gives, lists and removes files', async () => {
    const root = await temporaryFolder()
    const store = localFolder(root)
    await put(root, store, 'a/b/one', 'ä\n')
    await put(root, store, 'a/two', '')
    await put(root, store, 'other', '')
    expect(await read(store, 'a/b/one')).toBe('ä\n')
    expect(await names(store, 'a/')).toEqual(['a/b/one', 'a/two'])
    expect(await names(store, 'a/b/o')).toEqual(['a/b/one'])
    expect(await names(store, 'none/')).toEqual([])
    for await (const file of store.list('a/b/')) expect(file).toMatchObject({ name: 'a/b/one', bytes: 3 })
    await store.remove('a/b/one')
    await store.remove('a/b/one')
    expect(await names(store, 'a/')).toEqual(['a/two'])
  })

  it('takes the same file twice, also when the first call had renamed it', async () => {
    const root = await temporaryFolder()
    const store = localFolder(root)
    await put(root, store, 'a/one', 'x')
    await put(root, store, 'a/one', 'x')
    await store.put(join(root, 'spooled'), 'a/one', { bytes: 1, sha256: sha256('x') })
    expect(await read(store, 'a/one')).toBe('x')
  })

  it('tells of a file that is not there', async () => {
    const root = await temporaryFolder()
    const store = localFolder(root)
    await expect(read(store, 'none')).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE', message: 'cannot read none' })
    const kept = store.put(join(root, 'none'), 'a', { bytes: 0, sha256: sha256('') })
    await expect(kept).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE', message: 'cannot keep a' })
  })
})
