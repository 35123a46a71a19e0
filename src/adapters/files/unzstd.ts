import { isZstd } from './kinds.js'
import { Pulled } from './pulled.js'
import { type BombLimit, defaultBombLimit, Meter } from './torn.js'

/** The largest window that is decompressed, as of the zstd command without --long. */
const mostWindow = 128 * 2 ** 20
/** The largest block that the format allows. */
const mostBlock = 128 * 1024

/**
 * Decompresses zstd with one or several frames. All blocks before a damage are yielded first.
 * @throws STEERFLOW_INPUT_TORN if the input ends early, is damaged, has other bytes behind its end, or expands beyond
 * `limit`
 */
export async function* unzstd(
  compressed: AsyncIterable<Buffer>,
  name: string,
  limit: BombLimit = defaultBombLimit,
): AsyncGenerator<Buffer> {
  const bytes = new Pulled(compressed)
  const meter = new Meter(name, limit)
  const { Decompress } = await import('fzstd')
  const { default: xxhash } = await import('xxhash-wasm')
  const hashes = await xxhash()

  /** Takes so many bytes, which must be there. */
  const take = async (count: number): Promise<Buffer> => {
    const found = await bytes.take(count)
    meter.taken = bytes.taken
    if (found === null) throw meter.early()
    return found
  }

  async function* frame(): AsyncGenerator<Buffer> {
    const { header, window, hasChecksum, dictionary } = await headerOf(take)
    if (dictionary) throw meter.fault('the compressed data needs a dictionary; expand it first, with zstd -dc -D, at')
    if (window > mostWindow)
      throw meter.fault(
        `the compressed data needs a window of ${window} bytes; expand it first, with zstd -dc --long=31, at`,
      )
    let blocks: Buffer[] = []
    const frame = new Decompress(block => blocks.push(Buffer.from(block)))
    const sum = hashes.create64()
    let start = header
    for (let last = false; !last; start = Buffer.alloc(0)) {
      const block = await take(3)
      const about = block.readUIntLE(0, 3)
      last = (about & 1) === 1
      const [type, size] = [(about >> 1) & 3, about >> 3]
      if (type === 3 || size > mostBlock) throw meter.damaged()
      const content = await take(type === 1 ? 1 : size)
      try {
        frame.push(Buffer.concat([start, block, content]), last)
      } catch (cause) {
        throw meter.damaged(cause)
      }
      for (const chunk of blocks) {
        if (hasChecksum) sum.update(chunk)
        meter.give(chunk.length)
        yield chunk
      }
      blocks = []
    }
    if (hasChecksum && (await take(4)).readUInt32LE(0) !== Number(sum.digest() & 0xffffffffn))
      throw meter.wrongChecksum()
  }

  try {
    for (let frames = 0; ; frames++) {
      const start = await bytes.peek(4)
      meter.taken = bytes.taken
      if (frames > 0 && start.length === 0) return
      if (start.length === 4 && !isZstd(start)) throw meter.foreign('zstd', frames === 0)
      if ((await take(4))[0] === 0x28) yield* frame()
      // A frame that readers skip.
      else
        for (
          let left = (await take(4)).readUInt32LE(0);
          left > 0;
          left -= (await take(Math.min(left, mostBlock))).length
        );
    }
  } finally {
    await bytes.close()
  }
}

/** Reads a frame's header, behind its magic number; the checksum is checked here, so the header says that there is none. */
async function headerOf(take: (count: number) => Promise<Buffer>) {
  const about = (await take(1))[0]!
  const isSingle = (about & 32) !== 0
  const windowByte = isSingle ? Buffer.alloc(0) : await take(1)
  const dictionary = await take([0, 1, 2, 4][about & 3]!)
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][about >> 6]!
  const size = await take(sizeBytes)
  const base = 2 ** (10 + ((windowByte[0] ?? 0) >> 3))
  const content = sizeBytes === 8 ? Number(size.readBigUInt64LE()) : sizeBytes ? size.readUIntLE(0, sizeBytes) : 0
  return {
    header: Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, about & ~4]), windowByte, dictionary, size]),
    window: isSingle ? content : base + (base / 8) * (windowByte[0]! & 7),
    hasChecksum: (about & 4) !== 0,
    dictionary: dictionary.some(byte => byte !== 0),
  }
}
