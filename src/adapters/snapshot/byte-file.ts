import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A file written sequentially, with its digest computed on the way. */
export class ByteFile {
  bytes = 0
  readonly #hash = createHash('sha256')

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file; it must not exist. */
  static async create(path: string): Promise<ByteFile> {
    return new ByteFile(await open(path, 'wx'))
  }

  /** Size and digest of an existing file; also syncs it. */
  static async facts(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      hash.update(piece)
      bytes += piece.byteLength
    }
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    return { bytes, sha256: hash.digest('hex') }
  }

  /** Appends bytes; the caller may reuse them once this resolves. */
  async append(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.byteLength
    this.#hash.update(bytes)
    await this.file.writeFile(bytes)
  }

  /** Makes the file durable. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    await this.file.sync()
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}
