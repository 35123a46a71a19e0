import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ByteFile } from './byte-file.js'

/** What RFC 1952 calls an operating system that is not known. */
const unknownSystem = 255

/**
 * Compresses a file. The header (RFC 1952) tells neither a time nor the operating system, so that the bytes are a function
 * of the content and of the version of zlib.
 */
export async function writeGzip(
  from: string,
  to: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = await ByteFile.create(to)
  try {
    const append = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        // The header comes whole, in the first piece.
        if (file.bytes === 0) {
          piece.fill(0, 4, 8)
          piece[9] = unknownSystem
        }
        await file.append(piece)
      }
    }
    await pipeline(
      createReadStream(from, { highWaterMark: 1 << 18 }),
      createGzip({ level: 6, chunkSize: 1 << 18 }),
      append,
    )
    return await file.finish()
  } finally {
    await file.close()
  }
}
