import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib'
import { race } from '../../runtime/concurrency.js'
import { isGzip } from './kinds.js'
import { Pulled } from './pulled.js'
import { type BombLimit, defaultBombLimit, Meter } from './torn.js'

/**
 * Decompresses gzip with one or several members. All data before a damage is yielded first.
 * @throws STEERFLOW_INPUT_TORN if the input ends early, is damaged, has other bytes behind its end, or expands beyond
 * `limit`
 */
export async function* gunzip(
  compressed: AsyncIterable<Buffer>,
  name: string,
  limit: BombLimit = defaultBombLimit,
): AsyncGenerator<Buffer> {
  const bytes = new Pulled(compressed)
  const meter = new Meter(name, limit)
  try {
    for (let members = 0; ; members++) {
      if (members > 0) await dropPadding(bytes)
      const start = await bytes.peek(3)
      meter.taken = bytes.taken
      if (members > 0 && start.length === 0) return
      if (start.length < 3 && (start.length === 0 || isGzip(start) || start[0] === 0x1f)) throw meter.early()
      if (!isGzip(start) || start[2] !== 8) throw meter.foreign('gzip', members === 0)
      if (!(await dropHeader(bytes))) throw meter.early()
      const member = new Member(bytes, meter)
      yield* member.data()
      const trailer = await bytes.take(8)
      meter.taken = bytes.taken
      if (trailer === null) throw meter.early()
      if (trailer.readUInt32LE(0) !== member.crc || trailer.readUInt32LE(4) !== member.size % 2 ** 32)
        throw meter.wrongChecksum()
    }
  } finally {
    await bytes.close()
  }
}

/** Zeros may follow a member, for tapes. */
async function dropPadding(bytes: Pulled): Promise<void> {
  for (;;) {
    const some = await bytes.some(feedBytes)
    let zeros = 0
    while (some[zeros] === 0) zeros++
    bytes.drop(zeros)
    if (zeros === 0 || zeros < some.length) return
  }
}

const flagBits = { headerCrc: 2, extra: 4, name: 8, comment: 16 }

/** Drops a member's header; false if the input ends in it. */
async function dropHeader(bytes: Pulled): Promise<boolean> {
  const fixed = await bytes.take(10)
  if (fixed === null) return false
  const flags = fixed[3]!
  if (flags & flagBits.extra) {
    const length = await bytes.take(2)
    if (length === null || (await bytes.take(length.readUInt16LE(0))) === null) return false
  }
  for (const text of [flagBits.name, flagBits.comment]) {
    if (!(flags & text)) continue
    for (;;) {
      const byte = await bytes.take(1)
      if (byte === null) return false
      if (byte[0] === 0) break
    }
  }
  return !(flags & flagBits.headerCrc) || (await bytes.take(2)) !== null
}

/** A compressed chunk of this size expands to at most 17 MB, since deflate's limit is 1032 times. */
const feedBytes = 16 * 1024

/** One member's data. */
class Member {
  crc = 0
  size = 0

  constructor(
    private readonly bytes: Pulled,
    private readonly meter: Meter,
  ) {}

  async *data(): AsyncGenerator<Buffer> {
    const inflate = new Inflate()
    const rescue = new Rescue()
    try {
      for (;;) {
        const part = await this.bytes.some(feedBytes)
        const { error, consumed, ended } = part.length > 0 ? await inflate.feed(part) : await inflate.end()
        this.meter.taken = this.bytes.taken + consumed
        yield* this.counted(inflate.ready())
        if (error) {
          if (part.length === 0) throw this.meter.early(error)
          yield* this.counted(await rescue.missing(part, this.size))
          throw this.meter.damaged(error)
        }
        this.bytes.drop(consumed)
        if (ended) return
        await rescue.fed(part)
      }
    } finally {
      inflate.close()
      rescue.close()
    }
  }

  private *counted(chunks: readonly Buffer[]): Generator<Buffer> {
    for (const chunk of chunks) {
      this.crc = crc32(chunk, this.crc)
      this.size += chunk.length
      this.meter.give(chunk.length)
      yield chunk
    }
  }
}

interface Fed {
  readonly error: Error | null
  /** How many of the given bytes belong to the data. */
  readonly consumed: number
  readonly ended: boolean
}

/** Decompresses one member's data step by step. */
class Inflate {
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: 128 * 1024 })
  readonly #failure = new Promise<Error>(resolve => this.#inflate.once('error', resolve))
  readonly #ended = new Promise<null>(resolve => this.#inflate.once('end', () => resolve(null)))
  #expanded: Buffer[] = []

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => this.#expanded.push(chunk))
  }

  /** The data decompressed since the last call. */
  ready(): readonly Buffer[] {
    const chunks = this.#expanded
    this.#expanded = []
    return chunks
  }

  async feed(part: Buffer): Promise<Fed> {
    const before = this.#inflate.bytesWritten
    const written = new Promise<Error | null>(resolve => this.#inflate.write(part, error => resolve(error ?? null)))
    const error = await race([written, this.#failure, this.#ended])
    const consumed = error ? 0 : this.#inflate.bytesWritten - before
    return { error, consumed, ended: !error && consumed < part.length }
  }

  /** Ends the input: an error if the data has not ended by itself. */
  async end(): Promise<Fed> {
    this.#inflate.end()
    return { error: await race([this.#ended, this.#failure]), consumed: 0, ended: true }
  }

  close(): void {
    this.#inflate.destroy()
  }
}

/** Bytes to keep of what was fed, before a second decompressor takes them. */
const lagBytes = 1 << 20

/**
 * Finds data before a fault. A decompressor that fails gives nothing of the bytes that it was fed last. A second one lags
 * behind the first: after a fault it takes the same bytes one by one.
 */
class Rescue {
  readonly #inflate = new Inflate()
  #lag: Buffer[] = []
  #bytes = 0
  #given = 0

  async fed(part: Buffer): Promise<void> {
    this.#lag.push(part)
    this.#bytes += part.length
    if (this.#bytes >= lagBytes) await this.#catchUp(Infinity)
  }

  /** The data that was not given yet, up to a fault in this part. */
  async missing(part: Buffer, given: number): Promise<readonly Buffer[]> {
    const found = await this.#catchUp(given)
    for (let at = 0; at < part.length; at++) {
      const { error, ended } = await this.#inflate.feed(part.subarray(at, at + 1))
      found.push(...this.#beyond(given))
      if (error || ended) break
    }
    return found
  }

  async #catchUp(given: number): Promise<Buffer[]> {
    const found: Buffer[] = []
    for (const part of this.#lag) {
      await this.#inflate.feed(part)
      found.push(...this.#beyond(given))
    }
    this.#lag = []
    this.#bytes = 0
    return found
  }

  #beyond(given: number): Buffer[] {
    return this.#inflate.ready().flatMap(chunk => {
      this.#given += chunk.length
      const over = this.#given - given
      return over > 0 ? [chunk.subarray(Math.max(0, chunk.length - over))] : []
    })
  }

  close(): void {
    this.#inflate.close()
  }
}
