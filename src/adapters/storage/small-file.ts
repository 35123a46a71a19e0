import { closeSync, constants, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { deepest, isDeeper } from '../../domain/json/json.js'

/** Bytes of the longest file of a few facts: of a process, an end, a report, what is latest. */
export const longestFacts = 1 << 20

/** A file has more bytes than are read. */
export class TooLong extends Error {
  constructor(
    path: string,
    readonly most: number,
    size: number | null,
  ) {
    super(
      size === null ? `${path} grows beyond ${most} bytes` : `${path} has ${size} bytes; at most ${most} are expected`,
    )
  }
}

/**
 * The bytes of a file that is read as a whole, with a bound, since anybody may have put anything there: a pipe, a device
 * and a folder are no files, and nothing of them is waited for.
 * @throws TooLong; errors of the file system, and of files that are none
 */
export async function readSmallBytes(path: string, mostBytes = longestFacts): Promise<Buffer> {
  // A pipe without a writer would keep its reader waiting in the opening already.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error(`${path} is no file`)
    if (facts.size > mostBytes) throw new TooLong(path, mostBytes, facts.size)
    // Not the size alone: the file may grow meanwhile, and those of /proc have none.
    const chunks: Buffer[] = []
    let bytes = 0
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(4096, facts.size + 1 - bytes)), 0)
      if (bytesRead === 0) return Buffer.concat(chunks)
      bytes += bytesRead
      if (bytes > mostBytes) throw new TooLong(path, mostBytes, null)
      chunks.push(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

/** The same as text. */
export const readSmall = async (path: string, mostBytes = longestFacts): Promise<string> =>
  (await readSmallBytes(path, mostBytes)).toString('utf8')

/** The value of one that is JSON, nested no deeper than anything but a source. */
export async function readSmallJson(path: string, mostBytes = longestFacts): Promise<unknown> {
  const text = await readSmall(path, mostBytes)
  if (isDeeper(text, deepest.value)) throw new Error(`${path} is nested deeper than ${deepest.value} levels`)
  return JSON.parse(text) as unknown
}

/**
 * The text of a file or a pipe, read to its end; blocks until a pipe is closed. Reads no more than `mostBytes` and one.
 * @throws TooLong; errors of the file system
 */
export function readSmallSync(path: string, mostBytes = longestFacts): string {
  const file = openSync(path, 'r')
  try {
    const held = Buffer.alloc(mostBytes + 1)
    let length = 0
    for (let read = -1; read !== 0 && length <= mostBytes; length += read) {
      read = readSync(file, held, length, held.length - length, null)
    }
    if (length > mostBytes) throw new TooLong(path, mostBytes, null)
    return held.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}
