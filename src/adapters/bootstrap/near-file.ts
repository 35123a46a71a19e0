import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { endianness } from 'node:os'
import { digest } from '../../domain/digest.js'
import { NearIndex } from '../../domain/near-duplicates/near-index.js'
import { type Signature, signature, signatureWords } from '../../domain/near-duplicates/signature.js'

/** Bytes before the entries: a key of 64 hex characters and a line feed. */
const headBytes = 65
const signatureBytes = signatureWords * 4
/** After a signature: the length of the id that follows. */
const lengthBytes = 2
/** After the entries: the sha256 of everything before. */
const sumBytes = 32
const pieceBytes = 1 << 18

/** A text with every feature that affects signatures: if its signature differs, stored ones are useless. */
const probe = 'Probe: ﬁve ＷＯＲＤＳ and more, été 蜜蜂 ผึ้ง 👍🏽 x += 2; done\n'.repeat(3)

/**
 * The key of a file with the signatures of a snapshot's texts: it differs for another snapshot and for another
 * algorithm.
 */
export const nearFileKey = (snapshot: string): string =>
  digest('near-duplicates 1', snapshot, endianness(), process.versions.unicode ?? '', signature(probe).join())

/** Writes ids with their signatures in sequence. */
export class NearFileWriter {
  readonly #hash = createHash('sha256')
  readonly #piece = Buffer.alloc(pieceBytes)
  #filled = 0

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file; it must not exist. */
  static async create(path: string, key: string): Promise<NearFileWriter> {
    const writer = new NearFileWriter(await open(path, 'wx'))
    writer.#filled = writer.#piece.write(`${key}\n`, 'latin1')
    return writer
  }

  async add(id: string, own: Signature): Promise<void> {
    const bytes = Buffer.from(id, 'utf8')
    if (this.#filled + signatureBytes + lengthBytes + bytes.length > pieceBytes) await this.#write()
    this.#piece.set(new Uint8Array(own.buffer, own.byteOffset, signatureBytes), this.#filled)
    const at = this.#piece.writeUInt16LE(bytes.length, this.#filled + signatureBytes)
    this.#piece.set(bytes, at)
    this.#filled = at + bytes.length
  }

  /** Appends the checksum and makes the file durable. */
  async finish(): Promise<void> {
    await this.#write()
    await this.file.writeFile(this.#hash.digest())
    await this.file.sync()
  }

  async close(): Promise<void> {
    await this.file.close()
  }

  async #write(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled)
    this.#hash.update(piece)
    await this.file.writeFile(piece)
    this.#filled = 0
  }
}

export interface ReadNearFileOptions {
  readonly path: string
  readonly key: string
  readonly threshold: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Builds an index from a file's entries, with a turn of the event loop for every thousand. Null if the file is absent,
 * torn, damaged or has another key: it has to be rebuilt.
 */
export async function readNearFile({ path, key, threshold, signal }: ReadNearFileOptions): Promise<NearIndex | null> {
  const size = await stat(path).then(
    found => found.size,
    () => null,
  )
  if (size === null || size < headBytes + sumBytes) return null
  // The number of entries if ids are as long as those of records: tables need not grow, and cannot become too large.
  const index = new NearIndex({ threshold, expected: Math.ceil(size / (signatureBytes + 64)) })
  const hash = createHash('sha256')
  const last = size - sumBytes
  let rest: Buffer = Buffer.alloc(0)
  let passed = 0
  let isOurs = false
  const input = createReadStream(path, { highWaterMark: pieceBytes, signal, end: size - 1 }) as AsyncIterable<Buffer>
  for await (const piece of input) {
    const before = passed
    passed += piece.length
    hash.update(piece.subarray(0, Math.max(0, Math.min(piece.length, last - before))))
    let held = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    if (!isOurs) {
      if (held.length >= headBytes && held.toString('latin1', 0, headBytes) !== `${key}\n`) return null
      isOurs = held.length >= headBytes
      if (isOurs) held = held.subarray(headBytes)
    }
    rest = isOurs ? addEntries(index, held, Math.max(0, passed - last)) : held
  }
  const isWhole = passed === size && rest.length === sumBytes && rest.equals(hash.digest())
  return isWhole ? index : null
}

/** Adds the complete entries of these bytes, without the last `sum` bytes, and returns the rest. */
function addEntries(index: NearIndex, bytes: Buffer, sum: number): Buffer {
  const end = bytes.length - sum
  const own = new Uint32Array(signatureWords)
  const ownBytes = new Uint8Array(own.buffer)
  let from = 0
  for (;;) {
    const at = from + signatureBytes + lengthBytes
    if (at > end) break
    const next = at + bytes.readUInt16LE(at - lengthBytes)
    if (next > end) break
    ownBytes.set(bytes.subarray(from, from + signatureBytes))
    index.add(bytes.toString('utf8', at, next), own)
    from = next
  }
  return bytes.subarray(from)
}
