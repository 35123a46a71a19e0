import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { SteerflowError } from '../../domain/errors.js'

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
   * file or the whole new one. `append`: to the file itself, which a command resumes; a gzip gets another member.
   */
  readonly mode?: 'replace' | 'append'
}

const bufferBytes = 256 * 1024

/**
 * Opens an output file; a name that ends with `.gz` is compressed. Its folder is made when missing.
 * @throws STEERFLOW_STORAGE when it cannot be written, from any method.
 */
export async function openWriter(path: string, { mode = 'replace' }: WriteOptions = {}): Promise<FileWriter> {
  const target = mode === 'append' ? path : join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
  const failed = (cause: unknown) => new SteerflowError('STEERFLOW_STORAGE', `${path} cannot be written`, { cause })
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw failed(cause)
    }
  }
  const file = await attempt(async () => {
    await mkdir(dirname(path), { recursive: true })
    return createWriteStream(target, { flags: mode === 'append' ? 'a' : 'w', flush: true, highWaterMark: bufferBytes })
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
    await attempt(() => Promise.race([written(head, chunk), ended]))
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
        if (mode === 'replace') await rename(target, path)
        await syncFolder(dirname(path))
      }),
    abort: async () => {
      gzip?.destroy()
      file.destroy()
      await ended.catch(() => {})
      if (mode === 'replace') await rm(target, { force: true })
    },
  }
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
