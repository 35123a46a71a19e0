import { createReadStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isPathBelow } from '../../domain/names.js'
import { below, solidBelow } from './below.js'
import { exists, makeFolder, storing, syncFolder } from './durable.js'
import type { FileStore, StoredFile } from './file-store.js'

/** Files below a local folder. A file to store must lie on the same file system, since it is renamed. */
export function localFolder(folder: string): FileStore {
  const root = resolve(folder)
  return {
    place: root,

    put: (path, name) =>
      storing(`keep ${name} in ${root}`, async () => {
        const target = await solidBelow(root, name)
        await makeFolder(dirname(target))
        await rename(path, target).catch(async (error: unknown) => {
          // An earlier call renamed it, but its sync of the folder failed.
          if (!(isMissing(error) && (await exists(target)))) throw error
        })
        await syncFolder(dirname(target))
      }),

    read: name => readPieces(() => below(root, name)),

    list: prefix => filesBelow(root, prefix),

    remove: name =>
      storing(`remove ${name} from ${root}`, async () => {
        await rm(await solidBelow(root, name), { force: true })
      }),
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

async function* readPieces(pathOf: () => string): AsyncIterable<Buffer> {
  const path = pathOf()
  const pieces = (createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const piece = await storing(`read ${path}`, async () => pieces.next())
      if (piece.done) return
      yield piece.value
    }
  } finally {
    await pieces.return?.()
  }
}

/** Reads only the folder in the prefix, and folders below it. */
async function* filesBelow(root: string, prefix: string): AsyncIterable<StoredFile> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const place = folder === '' ? root : below(root, folder.slice(0, -1))
  const entries = await storing(`list ${place}`, () =>
    readdir(place, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    }),
  )
  for (const entry of entries) {
    const name = `${folder}${entry.name}`
    if (!name.startsWith(prefix)) continue
    // Names that steerflow cannot create are foreign.
    if (entry.isDirectory() && isPathBelow(name)) yield* filesBelow(root, `${name}/`)
    if (!entry.isFile()) continue
    // Removed since the listing, so it does not exist.
    const facts = await stat(join(place, entry.name)).catch(() => null)
    if (facts) yield { name, bytes: facts.size, modified: facts.mtimeMs }
  }
}
