import { createWriteStream, write, type WriteStream, writev } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { refuseDash, type FileTarget, targetOf, unwritable } from './target.js'
import { race } from '../../runtime/concurrency.js'

/** Writes one output file. Nothing else may write it at the same time. */
export interface FileWriter {
  /** Adds text or bytes as they are; waits while the disk is slower than the caller. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Hands everything written so far to the operating system (not for gzip, whose blocks would end). */
  flush(): Promise<void>
  /** Makes the file durable, and for `replace` gives it its name. */
  close(): Promise<void>
  /** Gives up: with `replace`, the old file, if any, stays as it was. */
  abort(): Promise<void>
}

export interface WriteOptions {
  /**
   * `replace` (default): written beside under a temporary name and renamed when closed, so that a reader sees the old
   * file or the whole new one; what is no regular file, a pipe or a device, is written as it comes. `append`: to the file
   * itself, which a command resumes; a gzip gets another member.
   */
  readonly mode?: 'replace' | 'append'
}

const bufferBytes = 256 * 1024

/**
 * Opens an output file; a name that ends with `.gz` is compressed. Its folder is made when missing.
 * @throws STEERFLOW_USAGE for `-` and, to replace, a folder; STEERFLOW_OUTPUT_PLACE when nothing can be written there, and
 * STEERFLOW_STORAGE when the disk does not take it, from any method.
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

/** Where the bytes end up, and the temporary file that gets its name at the end; null where there is none. */
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

/** Opens what cannot be replaced, and has nothing to be made durable. */
function openAsItIs(target: Exclude<FileTarget, { kind: 'file' }>): WriteStream {
  if (target.kind === 'device') return createWriteStream(target.path, { flags: 'w', highWaterMark: bufferBytes })
  // Another descriptor would begin at the beginning, over what was printed before.
  // It stays open: others print to it as well.
  const fs = { write, writev, close: (_fd: number, closed: () => void) => closed() }
  return createWriteStream('', { fd: target.fd, fs, highWaterMark: bufferBytes })
}

/** Resolves when the stream has taken the chunk and passed it on. */
const written = (stream: WriteStream | Gzip, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => stream.write(chunk, error => (error ? reject(error) : resolve())))

/** A new name is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
