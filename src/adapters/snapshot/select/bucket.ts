import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { ByteSink } from '../../../domain/byte-sink.js'
import { pack, type PlacedLine, unpack } from './placed.js'

/** Bytes that a bucket gathers before it writes them. */
const chunkBytes = 1 << 16

/** Records whose ids lie between those of its neighbours, in a file. */
export class Bucket {
  bytes = 0
  /** The least and the greatest id. */
  least: string | null = null
  greatest: string | null = null
  /** What is filled, and what is written meanwhile. */
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

  /** Adds a record; returns whether there is enough to write. */
  add(record: PlacedLine): boolean {
    const before = this.#chunk.length
    pack(record, this.#chunk)
    this.bytes += this.#chunk.length - before
    if (this.least === null || record.id < this.least) this.least = record.id
    if (this.greatest === null || record.id > this.greatest) this.greatest = record.id
    return this.#chunk.length >= chunkBytes
  }

  /** Nothing is added any more. */
  async finish(): Promise<void> {
    await this.write()
    await this.#writing
    await this.file.close()
  }

  /** Closes it as it is. */
  async abandon(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.file.close().catch(() => undefined)
  }

  /** Its records, all in memory; the file goes. */
  async take(): Promise<readonly PlacedLine[]> {
    const { records } = unpack(await readFile(this.path))
    await rm(this.path)
    return records
  }

  /** Its records, a file's piece at a time; the file goes. */
  async *drain(): AsyncIterable<readonly PlacedLine[]> {
    // A bucket that is too large for the memory is read record by record from a buffer that slides over the file.
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

  /** Has what was gathered written, when the write before has ended; throws what went wrong in that. */
  async write(): Promise<void> {
    await this.#writing
    const chunk = this.#chunk
    this.#chunk = this.#other
    this.#other = chunk
    this.#writing = this.file.writeFile(chunk.content()).then(() => chunk.clear())
    this.#writing.catch(() => undefined)
  }
}
