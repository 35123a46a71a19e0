import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
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
  const stamp = join(folder, STAMP)
  if (!existsSync(stamp)) return null
  return readFileSync(stamp, 'utf8') === stampOf(folder, pins) ? folder : null
}

/**
 * Installs a part: `fill` puts it into a temporary folder and checks it against the pins, then it is renamed into place.
 * Two processes that do this at once end with one whole part.
 */
export async function install(name: string, pins: Pins, fill: (folder: string) => Promise<void>): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  const mine = join(cacheFolder(), `.${name}-${process.pid}-${randomBytes(4).toString('hex')}`)
  const place = join(cacheFolder(), name)
  try {
    await mkdir(mine)
    await fill(mine)
    await writeFile(join(mine, STAMP), stampOf(mine, pins))
    if (installedFolder(name, pins)) return
    if (existsSync(place)) await rename(place, `${mine}-old`)
    await rename(mine, place)
  } catch (cause) {
    // Another process may have put it there meanwhile, which is as good.
    if (!installedFolder(name, pins)) throw cause
  } finally {
    await rm(mine, { recursive: true, force: true })
    await rm(`${mine}-old`, { recursive: true, force: true })
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
