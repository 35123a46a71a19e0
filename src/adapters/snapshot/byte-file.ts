import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A file of bytes that is written from its beginning, with its digest taken on the way. */
export class ByteFile {
  bytes = 0
  readonly #hash = createHash('sha256')

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file; it must not exist. */
  static async create(path: string): Promise<ByteFile> {
    return new ByteFile(await open(path, 'wx'))
  }

  /** What a file holds that is there already; makes it durable. */
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

  /** Adds bytes, which may be used again once this has returned. */
  async append(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.byteLength
    this.#hash.update(bytes)
    await this.file.writeFile(bytes)
  }

  /** Makes everything durable. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    await this.file.sync()
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}
