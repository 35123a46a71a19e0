import { createWriteStream, write, type WriteStream, writev } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { refuseDash, type FileTarget, targetOf, unwritable } from './target.js'
import { race } from '../../runtime/concurrency.js'

/** Writes an output file, as its only writer. */
export interface FileWriter {
  /** Appends text or bytes; waits while the disk is slower than the caller. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Passes all written data to the operating system (not useful for gzip, where it would end blocks). */
  flush(): Promise<void>
  /** Makes the file durable, and for `replace` gives it its final name. */
  close(): Promise<void>
  /** Discards the data: with `replace`, an old file stays unchanged. */
  abort(): Promise<void>
}

export interface WriteOptions {
  /**
   * `replace` (default): writes to a temporary name beside the file and renames it on close, so that a reader sees the old
   * file or the whole new one; pipes and devices are written directly. `append`: appends to the file itself, for commands
   * that resume; a gzip file gets another member.
   */
  readonly mode?: 'replace' | 'append'
}

const bufferBytes = 256 * 1024

/**
 * Opens an output file, compressed if the name ends with `.gz`. Creates its folder if missing.
 * @throws STEERFLOW_USAGE for `-` and, with `replace`, a folder; STEERFLOW_OUTPUT_PLACE if the path cannot be written,
 * STEERFLOW_STORAGE if the disk fails, from any method
 */
export async function openWriter(path: string, { mode = 'replace' }: WriteOptions = {}): Promise<FileWriter> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }
  const { target, replaces } = await attempt(() => placeOf(path, mode))
  const file = await attempt(async () => {
    if (target.kind !== 'file') return openAsItIs(target)
    const { path: to } = target
    await mkdir(dirname(to), { recursive: true })
    const flags = mode === 'append' ? 'a' : 'w'
    return createWriteStream(replaces ?? to, { flags, flush: true, highWaterMark: bufferBytes })
  })
  const gzip = path.endsWith('.gz') ? createGzip({ level: 6 }) : null
  gzip?.pipe(file)
  const ended = finished(file)
  ended.catch(() => {})
  gzip?.on('error', cause => file.destroy(cause))

  const head: WriteStream | Gzip = gzip ?? file
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const drain = async () => {
    const chunk = pending.length === 1 ? pending[0]! : Buffer.concat(pending, pendingBytes)
    pending = []
    pendingBytes = 0
    await attempt(() => race([written(head, chunk), ended]))
  }
  return {
    write: async chunk => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk
      pending.push(bytes)
      pendingBytes += bytes.length
      if (pendingBytes >= bufferBytes) await drain()
    },
    flush: drain,
    close: () =>
      attempt(async () => {
        await drain()
        head.end()
        await ended
        if (target.kind !== 'file') return
        if (replaces !== null) await rename(replaces, target.path)
        await syncFolder(dirname(target.path))
      }),
    abort: async () => {
      gzip?.destroy()
      file.destroy()
      await ended.catch(() => {})
      if (replaces !== null) await rm(replaces, { force: true })
    },
  }
}

/** The target of the bytes, and the temporary file that gets its name at the end; null if there is none. */
async function placeOf(
  path: string,
  mode: 'replace' | 'append',
): Promise<{ target: FileTarget; replaces: string | null }> {
  refuseDash(path)
  if (mode === 'append') return { target: { kind: 'file', path }, replaces: null }
  const target = await targetOf(path)
  if (target.kind !== 'file') return { target, replaces: null }
  const name = `.${basename(target.path)}.${process.pid}.partial`
  return { target, replaces: join(dirname(target.path), name) }
}

/** Opens a target that cannot be replaced and needs no sync. */
function openAsItIs(target: Exclude<FileTarget, { kind: 'file' }>): WriteStream {
  if (target.kind === 'device') return createWriteStream(target.path, { flags: 'w', highWaterMark: bufferBytes })
  // A new descriptor would start at offset 0, over earlier output. This one stays open, since others also print to it.
  const fs = { write, writev, close: (_fd: number, closed: () => void) => closed() }
  return createWriteStream('', { fd: target.fd, fs, highWaterMark: bufferBytes })
}

/** Resolves when the stream has passed the chunk on. */
const written = (stream: WriteStream | Gzip, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => stream.write(chunk, error => (error ? reject(error) : resolve())))

/** Syncs a folder: a new name is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
