import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileStore } from '../../../src/adapters/storage/file-store.js'
import { sha256 } from '../../../src/domain/digest.js'
import { temporaryFolder } from '../../support/temporary.js'

/** Writes a file and puts it. */
export async function put(root: string, store: FileStore, name: string, bytes: string | Buffer): Promise<void> {
  const path = join(root, 'spooled')
  await writeFile(path, bytes)
  await store.put(path, name, { bytes: Buffer.byteLength(bytes), sha256: sha256(bytes) })
}

export async function read(store: FileStore, name: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of store.read(name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function names(store: FileStore, prefix: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { name } of store.list(prefix)) found.push(name)
  return found.sort()
}

/** What every store promises. `open` gives an empty one for a folder of this machine. */
export function fileStorePromises(open: (root: string) => FileStore): void {
  describe('every store', () => {
    it('keeps, gives, lists and removes files', async () => {
      const root = await temporaryFolder()
      const store = open(root)
      await put(root, store, 'a/b/one', 'ä\n')
      await put(root, store, 'a/two', '')
      await put(root, store, 'other', '')
      expect((await read(store, 'a/b/one')).toString()).toBe('ä\n')
      expect((await read(store, 'a/two')).byteLength).toBe(0)
      expect(await names(store, 'a/')).toEqual(['a/b/one', 'a/two'])
      expect(await names(store, 'a/b/o')).toEqual(['a/b/one'])
      expect(await names(store, 'none/')).toEqual([])
      for await (const file of store.list('a/b/')) {
        expect(file).toMatchObject({ name: 'a/b/one', bytes: 3 })
        expect(Math.abs(file.modified - Date.now())).toBeLessThan(60_000)
      }
      for (const name of ['a/b/one', 'a/b/one', 'a/two', 'other']) await store.remove(name)
      expect(await names(store, '')).toEqual([])
    })

    it('takes the same file twice, and one of many parts', async () => {
      const root = await temporaryFolder()
      const store = open(root)
      const bytes = Buffer.alloc(21 << 20, 'steerflow')
      for (let twice = 0; twice < 2; twice++) await put(root, store, 'a/large', bytes)
      expect(sha256(await read(store, 'a/large'))).toBe(sha256(bytes))
      await store.remove('a/large')
    })

    it('tells of a file that is not there', async () => {
      const root = await temporaryFolder()
      const store = open(root)
      await expect(read(store, 'none')).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
      const kept = store.put(join(root, 'none'), 'a', { bytes: 0, sha256: sha256('') })
      await expect(kept).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    })
  })
}
