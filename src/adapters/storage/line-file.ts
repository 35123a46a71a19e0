import { type FileHandle, open } from 'node:fs/promises'
import { ByteSink } from '../../domain/byte-sink.js'
import { sha256 } from '../../domain/digest.js'
import { ThreadDigest } from './digest-thread.js'

/** What a finished file holds. */
export interface FileFacts {
  readonly records: number
  readonly bytes: number
  readonly sha256: string
}

/** Memory of what is gathered before it is written; a file begins with less. */
const roomBytes = 2 << 20
const firstRoomBytes = 1 << 16
/** Bytes that are enough to be written; what is left has room for one more line, as a rule. */
const chunkBytes = roomBytes - (1 << 18)
/** Memory that nobody uses now, for any file, and how much of it is kept. */
const spare: ArrayBuffer[] = []
const mostSpare = 4
/** Bytes after which the disk is set to work, so that it is not left with everything at the end. */
const flushBytes = 8 << 20

/** A file of lines that is written from its beginning, with its digest taken on the way. */
export class LineFile {
  records = 0
  #chunk = new ByteSink(firstRoomBytes)
  /** The digest of what was written; a file that is finished before its first chunk is full needs no thread for it. */
  #digest: ThreadDigest | null = null
  /** What the digest is taken of, while the next chunk is written. */
  #digesting: Promise<void> = Promise.resolve()
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
    const small = this.#digest ? null : sha256(this.#chunk.content())
    await this.#writing
    this.#hand()
    await this.#writing
    await this.#digesting
    const found = small ?? (await this.#digest!.end())
    await this.#flushing
    await this.file.sync()
    await this.file.close()
    return { records: this.records, bytes: this.bytes, sha256: found }
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#flushing])
    // The thread forgets the file; nobody waits for that.
    this.#digest?.end().catch(() => undefined)
    await this.file.close()
  }

  /** Has what was gathered written, when the write before has ended; throws what went wrong in that. */
  async write(): Promise<void> {
    await this.#writing
    this.#digest ??= new ThreadDigest()
    this.#hand()
  }

  #hand(): void {
    if (this.#chunk.length === 0) return
    const chunk = this.#chunk
    this.#chunk = new ByteSink(spare.pop() ?? roomBytes)
    this.#written += chunk.length
    this.#writing = this.#put(chunk.content())
    this.#writing.catch(() => undefined)
  }

  async #put(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    // Not writeFile, which goes in pieces of 512 KiB.
    for (let at = 0; at < bytes.byteLength;) at += (await this.file.write(bytes, at)).bytesWritten
    // One chunk at most is on its way through the digest, so that memory has a bound.
    await this.#digesting
    this.#digesting = this.#take(bytes)
    this.#digesting.catch(() => undefined)
    if (this.#written - this.#flushed >= flushBytes && !this.#isFlushing) this.#flush()
  }

  async #take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const memory = await this.#digest?.add(bytes)
    if (memory?.byteLength === roomBytes && spare.length < mostSpare) spare.push(memory)
  }

  #flush(): void {
    this.#flushed = this.#written
    this.#isFlushing = true
    const flushed = this.file.datasync().finally(() => (this.#isFlushing = false))
    this.#flushing = Promise.all([this.#flushing, flushed])
    this.#flushing.catch(() => undefined)
  }
}
