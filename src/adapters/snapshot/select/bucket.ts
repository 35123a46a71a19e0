import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { ByteSink } from '../../../domain/byte-sink.js'
import { pack, type Placed, unpack } from './placed.js'

/** Bytes that a bucket gathers before it writes them. */
const chunkBytes = 1 << 16

/** Records whose ids lie between those of its neighbours, in a file. */
export class Bucket {
  bytes = 0
  /** The least and the greatest id. */
  least: string | null = null
  greatest: string | null = null
  readonly #chunk = new ByteSink(2 * chunkBytes)

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<Bucket> {
    return new Bucket(path, await open(path, 'wx'))
  }

  async add(record: Placed): Promise<void> {
    const before = this.#chunk.length
    pack(record, this.#chunk)
    this.bytes += this.#chunk.length - before
    if (this.least === null || record.id < this.least) this.least = record.id
    if (this.greatest === null || record.id > this.greatest) this.greatest = record.id
    if (this.#chunk.length >= chunkBytes) await this.#write()
  }

  /** Nothing is added any more. */
  async finish(): Promise<void> {
    await this.#write()
    await this.file.close()
  }

  /** Its records, all in memory; the file goes. */
  async take(): Promise<readonly Placed[]> {
    const { records } = unpack(await readFile(this.path))
    await rm(this.path)
    return records
  }

  /** Its records, a file's piece at a time; the file goes. */
  async *drain(): AsyncIterable<readonly Placed[]> {
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

  async #write(): Promise<void> {
    await this.file.writeFile(this.#chunk.content())
    this.#chunk.clear()
  }
}
