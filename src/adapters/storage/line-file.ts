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
const chunkBytes = 1 << 19
/** Bytes after which the disk is set to work, so that it is not left with everything at the end. */
const flushBytes = 8 << 20

/** A file of lines that is written from its beginning, with its digest taken on the way. */
export class LineFile {
  records = 0
  readonly #hash = createHash('sha256')
  /** What is filled, and what is written meanwhile. */
  #chunk = new ByteSink(2 * chunkBytes)
  #other = new ByteSink(2 * chunkBytes)
  #written = 0
  #flushed = 0
  /** What is being written. */
  #writing: Promise<void> = Promise.resolve()
  /** What is being flushed. A failure must not be lost: a later sync would say that all is well. */
  #flushing: Promise<unknown> = Promise.resolve()
  #isFlushing = false

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
    await this.#writing
    await this.#flushing
    await this.file.sync()
    await this.file.close()
    return { records: this.records, bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#flushing])
    await this.file.close()
  }

  /** Has what was gathered written, when the write before has ended; throws what went wrong in that. */
  async write(): Promise<void> {
    await this.#writing
    if (this.#chunk.length === 0) return
    const chunk = this.#chunk
    this.#chunk = this.#other
    this.#other = chunk
    this.#written += chunk.length
    this.#writing = this.#put(chunk)
    this.#writing.catch(() => undefined)
    this.#hash.update(chunk.content())
  }

  async #put(chunk: ByteSink): Promise<void> {
    await this.file.writeFile(chunk.content())
    chunk.clear()
    if (this.#written - this.#flushed >= flushBytes && !this.#isFlushing) this.#flush()
  }

  #flush(): void {
    this.#flushed = this.#written
    this.#isFlushing = true
    const flushed = this.file.datasync().finally(() => (this.#isFlushing = false))
    this.#flushing = Promise.all([this.#flushing, flushed])
    this.#flushing.catch(() => undefined)
  }
}
