import { type FileHandle, open } from 'node:fs/promises'
import { ByteSink } from '../../domain/byte-sink.js'
import { sha256 } from '../../domain/digest.js'
import { ThreadDigest } from './digest-thread.js'

/** Facts about a finished file. */
export interface FileFacts {
  readonly records: number
  readonly bytes: number
  readonly sha256: string
}

/** Buffer size of a file; a new file starts with less. */
const roomBytes = 2 << 20
const firstRoomBytes = 1 << 16
/** Bytes that trigger a write; the rest of the buffer usually has room for one more line. */
const chunkBytes = roomBytes - (1 << 18)
/** Unused buffers for any file, and the limit on their number. */
const spare: ArrayBuffer[] = []
const mostSpare = 4
/** Bytes between flushes, so that the disk does not get all the work at the end. */
const flushBytes = 8 << 20

/** A file of lines written sequentially, with its digest computed on the way. */
export class LineFile {
  records = 0
  #chunk = new ByteSink(firstRoomBytes)
  /** Digest of the written chunks; a file that is finished before its first chunk is full needs no thread. */
  #digest: ThreadDigest | null = null
  /** Digest of the latest chunk, computed while the next one is written. */
  #digesting: Promise<void> = Promise.resolve()
  #written = 0
  #flushed = 0
  /** Current write. */
  #writing: Promise<void> = Promise.resolve()
  /** Current flush. Its failure must not be lost: a later sync would report success. */
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

  /** Like `append`, without a promise; call `write` when the file `isFull`. */
  add(line: string): void {
    this.#chunk.line(line)
    this.records++
  }

  /** Adds a line given as bytes. */
  addBytes(line: Uint8Array): void {
    this.#chunk.byteLine(line)
    this.records++
  }

  /** True if enough is buffered for a write. */
  get isFull(): boolean {
    return this.#chunk.length >= chunkBytes
  }

  /** Makes the file durable and closes it. */
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

  /** Closes the file in its current state. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#flushing])
    // Makes the thread forget the file, without waiting for it.
    this.#digest?.end().catch(() => undefined)
    await this.file.close()
  }

  /** Writes the buffer after the previous write has ended; throws the error of that write. */
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
    // Not writeFile, which writes pieces of 512 KiB.
    for (let at = 0; at < bytes.byteLength;) at += (await this.file.write(bytes, at)).bytesWritten
    // At most one chunk is in the digest thread, which bounds the memory.
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
