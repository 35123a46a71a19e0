import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { ByteSink } from '../../../domain/byte-sink.js'
import { pack, type PlacedLine, unpack } from './placed.js'

/** Bytes that a bucket buffers before it writes them. */
const chunkBytes = 1 << 16

/** A file of records whose ids lie between those of its neighbours. */
export class Bucket {
  bytes = 0
  /** The least and the greatest id. */
  least: string | null = null
  greatest: string | null = null
  /** The buffer being filled, and the one being written. */
  #chunk = new ByteSink(2 * chunkBytes)
  #other = new ByteSink(2 * chunkBytes)
  #writing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<Bucket> {
    return new Bucket(path, await open(path, 'wx'))
  }

  /** Adds a record; returns whether enough is buffered for a write. */
  add(record: PlacedLine): boolean {
    const before = this.#chunk.length
    pack(record, this.#chunk)
    this.bytes += this.#chunk.length - before
    if (this.least === null || record.id < this.least) this.least = record.id
    if (this.greatest === null || record.id > this.greatest) this.greatest = record.id
    return this.#chunk.length >= chunkBytes
  }

  /** Writes the rest and closes the file. */
  async finish(): Promise<void> {
    await this.write()
    await this.#writing
    await this.file.close()
  }

  /** Closes the file in its current state. */
  async abandon(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.file.close().catch(() => undefined)
  }

  /** Reads all records into memory and removes the file. */
  async take(): Promise<readonly PlacedLine[]> {
    const { records } = unpack(await readFile(this.path))
    await rm(this.path)
    return records
  }

  /** Reads the records piece by piece, then removes the file. */
  async *drain(): AsyncIterable<readonly PlacedLine[]> {
    // A bucket that exceeds the memory is read through a buffer that slides over the file.
    const file = await open(this.path, 'r')
    try {
      let rest = Buffer.alloc(0)
      for (;;) {
        const piece = Buffer.allocUnsafe(1 << 20)
        const { bytesRead } = await file.read(piece)
        if (bytesRead === 0) break
        const bytes = Buffer.concat([rest, piece.subarray(0, bytesRead)])
        const { records, taken } = unpack(bytes)
        yield records
        rest = bytes.subarray(taken)
      }
    } finally {
      await file.close()
    }
    await rm(this.path)
  }

  /** Writes the buffer after the previous write has ended; throws the error of that write. */
  async write(): Promise<void> {
    await this.#writing
    const chunk = this.#chunk
    this.#chunk = this.#other
    this.#other = chunk
    this.#writing = this.file.writeFile(chunk.content()).then(() => chunk.clear())
    this.#writing.catch(() => undefined)
  }
}
