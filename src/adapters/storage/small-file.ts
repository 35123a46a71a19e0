import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { deepest, isDeeper } from '../../domain/json/json.js'

/** Bytes of the longest file of a few facts: of a process, an end, a report, what is latest. */
export const longestFacts = 1 << 20

/**
 * The bytes of a file that is read as a whole, with a bound, since anybody may have put anything there: a pipe, a device
 * and a folder are no files, and nothing of them is waited for.
 * @throws errors of the file system, and of files that are none, or longer than `mostBytes`
 */
export async function readSmallBytes(path: string, mostBytes = longestFacts): Promise<Buffer> {
  // A pipe without a writer would keep its reader waiting in the opening already.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error(`${path} is no file`)
    if (facts.size > mostBytes) throw new Error(`${path} has ${facts.size} bytes; at most ${mostBytes} are expected`)
    // Not the size alone: the file may grow meanwhile, and those of /proc have none.
    const chunks: Buffer[] = []
    let bytes = 0
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(4096, facts.size + 1 - bytes)), 0)
      if (bytesRead === 0) return Buffer.concat(chunks)
      bytes += bytesRead
      if (bytes > mostBytes) throw new Error(`${path} grows beyond ${mostBytes} bytes`)
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
