import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../../scripts/parts/cache.js'
import { runCommand } from '../../scripts/parts/commands.js'

const lock = fileURLToPath(new URL('./requirements.txt', import.meta.url))

/** A Python environment with torch and TRL. */
export interface Environment {
  readonly python: string
  /** Folder of its programs, `trl` among them. */
  readonly bin: string
  /** Seconds that installing took; null when it was there. */
  readonly installed: number | null
}

/**
 * The environment of the lock, in the cache outside the repository; installed when there is none: 3.1 GB are downloaded, 6 GB
 * are kept. It is whole when its stamp is there, which is written last. Programs of an environment know its path, so that it
 * is made in its place.
 */
export async function trainEnvironment(say: (line: string) => void): Promise<Environment> {
  const version = await runCommand('python3', [
    '-c',
    'import sys, platform; print(*sys.version_info[:2], sys.platform, platform.machine())',
  ])
  if (version.trim() !== '3 11 linux x86_64') {
    throw new Error(`the pinned wheels are for Python 3.11 on Linux x86-64; here is ${version.trim()}`)
  }
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex')
  const folder = join(cacheFolder(), `train-${digest.slice(0, 12)}`)
  const [bin, stamp] = [join(folder, 'bin'), join(folder, 'installed')]
  if (existsSync(stamp)) return { python: join(bin, 'python'), bin, installed: null }
  say(`installing torch and TRL into ${folder}: 3.1 GB to download, 6 GB on disk`)
  const started = Date.now()
  await mkdir(cacheFolder(), { recursive: true })
  await rm(folder, { recursive: true, force: true })
  await runCommand('python3', ['-m', 'venv', '--without-pip', folder])
  const exactly = ['--no-cache-dir', '--no-deps', '--require-hashes', '--only-binary', ':all:']
  await runCommand('python3', ['-m', 'pip', '--python', join(bin, 'python'), 'install', '-q', ...exactly, '-r', lock])
  await writeFile(stamp, digest)
  return { python: join(bin, 'python'), bin, installed: (Date.now() - started) / 1000 }
}
