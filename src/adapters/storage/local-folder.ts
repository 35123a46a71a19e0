import { createReadStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { exists, makeFolder, storing, syncFolder } from './durable.js'
import { type FileStore, type StoredFile } from './file-store.js'

/** Files below a folder of this machine. What is put there has to lie on the same file system, since it is renamed. */
export function localFolder(folder: string): FileStore {
  const root = resolve(folder)
  const pathOf = (name: string): string => join(root, name)
  return {
    place: root,

    put: (path, name) =>
      storing(`keep ${name}`, async () => {
        const target = pathOf(name)
        await makeFolder(dirname(target))
        await rename(path, target).catch(async (error: unknown) => {
          // Renamed by an earlier call whose sync of the folder failed.
          if (!(isMissing(error) && (await exists(target)))) throw error
        })
        await syncFolder(dirname(target))
      }),

    read: name => readPieces(pathOf(name), name),

    list: prefix => filesBelow(root, prefix),

    remove: name =>
      storing(`remove ${name}`, async () => {
        await rm(pathOf(name), { force: true })
      }),
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

async function* readPieces(path: string, name: string): AsyncIterable<Buffer> {
  const pieces = (createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const piece = await storing(`read ${name}`, async () => pieces.next())
      if (piece.done) return
      yield piece.value
    }
  } finally {
    await pieces.return?.()
  }
}

/** Looks only into the folder that the prefix names, and those below it. */
async function* filesBelow(root: string, prefix: string): AsyncIterable<StoredFile> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const entries = await storing(`list ${folder}`, () =>
    readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    }),
  )
  for (const entry of entries) {
    const name = `${folder}${entry.name}`
    if (!name.startsWith(prefix)) continue
    if (entry.isDirectory()) yield* filesBelow(root, `${name}/`)
    if (!entry.isFile()) continue
    // Removed between the listing and this look: then it is not there.
    const facts = await stat(join(root, name)).catch(() => null)
    if (facts) yield { name, bytes: facts.size, modified: facts.mtimeMs }
  }
}
