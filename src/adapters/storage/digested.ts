import { createHash } from 'node:crypto'
import { ThreadDigest } from './digest-thread.js'

/** Pieces that are on their way through the thread at once. */
const ahead = 3
/** Bytes of a file from which on a thread is worth its messages. */
const largeBytes = 2 << 20

/**
 * Bytes that come in pieces, unchanged, with their digest: whoever has read to the end may ask for it. Of a large file a
 * thread takes it, while the pieces before are worked on; the pieces' memory passes through it.
 */
export interface Digested extends AsyncIterable<Buffer> {
  /** In hex, of what has been read. */
  sha256(): Promise<string>
}

/** @param bytes how many there are, roughly */
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
          // Whoever waits for a piece before this one may have failed.
          passed.catch(() => undefined)
          passing.push(passed)
          if (passing.length > ahead) yield Buffer.from(await passing.shift()!)
        }
        for (const passed of passing) yield Buffer.from(await passed)
        whole = true
      } finally {
        // The thread forgets a file that nobody reads any further.
        if (!whole) digest.end().catch(() => undefined)
      }
    },
    sha256: () => digest.end(),
  }
}

/** The piece in memory of its own, which can be given away: a part of some other memory is copied. */
const owned = (piece: Buffer): Uint8Array<ArrayBuffer> =>
  piece.buffer instanceof ArrayBuffer && piece.byteLength === piece.buffer.byteLength
    ? new Uint8Array(piece.buffer)
    : new Uint8Array(piece)
