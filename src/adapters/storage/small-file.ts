import { closeSync, constants, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { deepest, isDeeper } from '../../domain/json/json.js'

/** Default size limit, in bytes, of small state files: of a process, an end, a report, the latest snapshot. */
export const longestFacts = 1 << 20

/** The file exceeds the size limit. */
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
 * Reads a whole small file with a size limit, since anything may have been put there: pipes, devices and folders are
 * rejected without waiting for them.
 * @throws TooLong; errors of the file system, and an error for anything but a regular file
 */
export async function readSmallBytes(path: string, mostBytes = longestFacts): Promise<Buffer> {
  // Non-blocking, since opening a pipe without a writer would wait.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error(`${path} is not a regular file`)
    if (facts.size > mostBytes) throw new TooLong(path, mostBytes, facts.size)
    // The size alone is not enough: the file may grow, and files in /proc report none.
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

/** `readSmallBytes` as text. */
export const readSmall = async (path: string, mostBytes = longestFacts): Promise<string> =>
  (await readSmallBytes(path, mostBytes)).toString('utf8')

/** The value of a small JSON file, with the general limit on nesting. */
export async function readSmallJson(path: string, mostBytes = longestFacts): Promise<unknown> {
  const text = await readSmall(path, mostBytes)
  if (isDeeper(text, deepest.value)) throw new Error(`${path} is nested deeper than ${deepest.value} levels`)
  return JSON.parse(text) as unknown
}

/**
 * The text of a file or pipe, read to its end; blocks until a pipe is closed. Reads at most `mostBytes` + 1 bytes.
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
