import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** What a finished file holds. */
export interface FileFacts {
  readonly records: number
  readonly bytes: number
  readonly sha256: string
}

/** Bytes gathered before they are written. */
const chunkBytes = 1 << 18

/** A file of lines that is written from its beginning, with its digest taken on the way. */
export class LineFile {
  records = 0
  bytes = 0
  readonly #hash = createHash('sha256')
  #lines: string[] = []
  #waiting = 0

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Creates the file; it must not exist. */
  static async create(path: string): Promise<LineFile> {
    return new LineFile(path, await open(path, 'wx'))
  }

  /** Adds a line, given without its line end. */
  async append(line: string): Promise<void> {
    const bytes = Buffer.byteLength(line) + 1
    this.#lines.push(line)
    this.#waiting += bytes
    this.records++
    this.bytes += bytes
    if (this.#waiting >= chunkBytes) await this.#write()
  }

  /** Makes everything durable and closes the file. */
  async finish(): Promise<FileFacts> {
    await this.#write()
    await this.file.sync()
    await this.file.close()
    return { records: this.records, bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.file.close()
  }

  async #write(): Promise<void> {
    if (this.#lines.length === 0) return
    const chunk = Buffer.from(`${this.#lines.join('\n')}\n`, 'utf8')
    this.#lines = []
    this.#waiting = 0
    this.#hash.update(chunk)
    await this.file.writeFile(chunk)
  }
}
