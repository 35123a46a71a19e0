import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOfPins, type Pins } from './pins.js'

const STAMP = 'installed.json'

/** Where parts are kept: outside the repository, so that every clone and worktree shares them. */
export const cacheFolder = (): string => process.env.STEERFLOW_CACHE ?? join(homedir(), '.cache', 'steerflow')

/**
 * The folder of a part, or null when it is absent, was made for other pins, or a file was lost or cut.
 * Compares sizes, not contents, so that it takes milliseconds: contents were checked before the part was put there.
 */
export function installedFolder(name: string, pins: Pins): string | null {
  const folder = join(cacheFolder(), name)
  try {
    return readFileSync(join(folder, STAMP), 'utf8') === stampOf(folder, pins) ? folder : null
  } catch {
    // Not there, or another process replaces it at this moment.
    return null
  }
}

/**
 * Installs a part: `fill` puts it into a temporary folder and checks it against the pins, then it is renamed into place.
 * Processes that do this at once end with one whole part.
 */
export async function install(name: string, pins: Pins, fill: (folder: string) => Promise<void>): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  const mine = join(cacheFolder(), `.${name}-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(mine)
    await fill(mine)
    await writeFile(join(mine, STAMP), stampOf(mine, pins))
    await putInPlace(name, pins, mine)
  } finally {
    await rm(mine, { recursive: true, force: true })
    await rm(`${mine}-old`, { recursive: true, force: true })
  }
}

async function putInPlace(name: string, pins: Pins, mine: string): Promise<void> {
  const place = join(cacheFolder(), name)
  for (let left = 20; !installedFolder(name, pins); left -= 1) {
    try {
      if (existsSync(place)) await rename(place, `${mine}-old`)
      await rename(mine, place)
    } catch (cause) {
      // Another process replaces the same part at this moment: look again whether it is whole.
      if (left === 0) throw cause
      await sleep(50)
    }
  }
}

function stampOf(folder: string, pins: Pins): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name !== STAMP)
    .sort()
    .map(name => ({ name, stat: statSync(join(folder, name)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, stat }) => `${stat.size} ${name}`)
  return JSON.stringify({ pins: digestOfPins(pins), files }, null, 1)
}
