import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** The SHA-256 in hex of every file that is downloaded, by its name. */
export type Pins = ReadonlyMap<string, string>

/** Reads a committed list of digests, in the format of `sha256sum`. */
export function readPins(name: string): Pins {
  const text = readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
  const lines = text.split('\n').filter(line => line !== '')
  return new Map(lines.map(line => [line.slice(66), line.slice(0, 64)] as const))
}

export const digestOfPins = (pins: Pins): string =>
  createHash('sha256')
    .update(JSON.stringify([...pins]))
    .digest('hex')

/** Throws an Error unless the folder holds exactly the pinned files with the pinned contents. */
export async function verify(folder: string, pins: Pins): Promise<void> {
  const names = await readdir(folder)
  const surplus = names.filter(name => !pins.has(name))
  const missing = [...pins.keys()].filter(name => !names.includes(name))
  if (surplus.length + missing.length > 0) {
    throw new Error(`not the pinned files: ${[...surplus.map(n => `+${n}`), ...missing.map(n => `-${n}`)].join(' ')}`)
  }
  for (const [name, pinned] of pins) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(join(folder, name)), hash)
    const found = hash.digest('hex')
    if (found !== pinned) throw new Error(`${name} has the digest ${found}, pinned is ${pinned}`)
  }
}
