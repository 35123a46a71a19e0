import { createHash } from 'node:crypto'
import { ThreadDigest } from './digest-thread.js'

/** Limit on pieces in the thread at once. */
const ahead = 3
/** Size in bytes above which a thread is worth its messages. */
const largeBytes = 2 << 20

/**
 * Passes pieces of bytes through unchanged and computes their digest, available after the last piece. For a large file a
 * thread computes it while earlier pieces are processed; the pieces' memory passes through the thread.
 */
export interface Digested extends AsyncIterable<Buffer> {
  /** Digest of the bytes read so far, in hex. */
  sha256(): Promise<string>
}

/** @param bytes approximate total size */
export const digested = (pieces: AsyncIterable<Buffer>, bytes: number): Digested =>
  bytes < largeBytes ? digestedHere(pieces) : digestedInThread(pieces)

function digestedHere(pieces: AsyncIterable<Buffer>): Digested {
  const hash = createHash('sha256')
  return {
    async *[Symbol.asyncIterator]() {
      for await (const piece of pieces) {
        hash.update(piece)
        yield piece
      }
    },
    sha256: () => Promise.resolve(hash.digest('hex')),
  }
}

function digestedInThread(pieces: AsyncIterable<Buffer>): Digested {
  const digest = new ThreadDigest()
  return {
    async *[Symbol.asyncIterator]() {
      const passing: Promise<ArrayBuffer>[] = []
      let whole = false
      try {
        for await (const piece of pieces) {
          const passed = digest.add(owned(piece))
          // The wait for an earlier piece may have failed first.
          passed.catch(() => undefined)
          passing.push(passed)
          if (passing.length > ahead) yield Buffer.from(await passing.shift()!)
        }
        for (const passed of passing) yield Buffer.from(await passed)
        whole = true
      } finally {
        // Makes the thread forget a file that is not read to its end.
        if (!whole) digest.end().catch(() => undefined)
      }
    },
    sha256: () => digest.end(),
  }
}

/** The piece in its own memory, which can be transferred; part of a larger memory is copied. */
const owned = (piece: Buffer): Uint8Array<ArrayBuffer> =>
  piece.buffer instanceof ArrayBuffer && piece.byteLength === piece.buffer.byteLength
    ? new Uint8Array(piece.buffer)
    : new Uint8Array(piece)
