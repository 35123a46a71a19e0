import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { ByteSink } from '../../domain/byte-sink.js'

/** What a finished file holds. */
export interface FileFacts {
  readonly records: number
  readonly bytes: number
  readonly sha256: string
}

/** Bytes gathered before they are written. */
const chunkBytes = 1 << 18
/** Bytes after which the disk is set to work, so that it is not left with everything at the end. */
const flushBytes = 8 << 20

/** A file of lines that is written from its beginning, with its digest taken on the way. */
export class LineFile {
  records = 0
  readonly #hash = createHash('sha256')
  readonly #chunk = new ByteSink(2 * chunkBytes)
  #written = 0
  #flushed = 0
  /** What is being flushed. A failure must not be lost: a later sync would say that all is well. */
  #flushing: Promise<void> = Promise.resolve()

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Creates the file; it must not exist. */
  static async create(path: string): Promise<LineFile> {
    return new LineFile(path, await open(path, 'wx'))
  }

  /** Bytes of the lines so far. */
  get bytes(): number {
    return this.#written + this.#chunk.length
  }

  /** Adds a line, given without its line end. */
  async append(line: string): Promise<void> {
    this.add(line)
    if (this.isFull) await this.write()
  }

  /** The same without a promise; `write` has to be called when the file `isFull`. */
  add(line: string): void {
    this.#chunk.line(line)
    this.records++
  }

  /** Adds a line that is bytes already. */
  addBytes(line: Uint8Array): void {
    this.#chunk.byteLine(line)
    this.records++
  }

  /** Whether there is enough to write. */
  get isFull(): boolean {
    return this.#chunk.length >= chunkBytes
  }

  /** Makes everything durable and closes the file. */
  async finish(): Promise<FileFacts> {
    await this.write()
    await this.#flushing
    await this.file.sync()
    await this.file.close()
    return { records: this.records, bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.#flushing.catch(() => undefined)
    await this.file.close()
  }

  /** Writes what was gathered. */
  async write(): Promise<void> {
    if (this.#chunk.length === 0) return
    const chunk = this.#chunk.content()
    this.#hash.update(chunk)
    await this.file.writeFile(chunk)
    this.#written += chunk.byteLength
    this.#chunk.clear()
    if (this.#written - this.#flushed >= flushBytes) await this.#flush()
  }

  /** Begins to flush what was written, when the flush before has ended. */
  async #flush(): Promise<void> {
    await this.#flushing
    this.#flushed = this.#written
    this.#flushing = this.file.datasync()
    this.#flushing.catch(() => undefined)
  }
}
