import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand, runCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'

const VERSION = '2.16.1'
const NAME = `python-kafka-${VERSION}`
const pins = readPins('python-kafka.sha256')

/** A Python that has the package confluent-kafka, or null. */
export function pythonWithKafka(): string | null {
  const folder = installedFolder(NAME, pins)
  return folder ? join(folder, 'venv/bin/python') : null
}

export const pythonKafka: Part = {
  name: 'python-kafka',
  installed: () => pythonWithKafka() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      const requirements = join(folder, 'requirements.txt')
      const hashes = [...pins.values()].map(digest => `--hash=sha256:${digest}`)
      await writeFile(requirements, `confluent-kafka==${VERSION} ${hashes.join(' ')}\n`)
      // Without a pip of its own: Debian has the module that would put one there in a package apart.
      await runCommand('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')])
      const into = ['--python', join(folder, 'venv/bin/python')]
      const exactly = ['--no-deps', '--require-hashes', '--only-binary', ':all:']
      await runCommand('python3', ['-m', 'pip', ...into, 'install', '-q', ...exactly, '-r', requirements])
      await rm(requirements)
    })
  },
}
