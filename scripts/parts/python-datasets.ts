import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand, runCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'

/**
 * The libraries by which others read snapshots: datasets 5.2.0, pyarrow 26.0.1, mlcroissant 1.1.1, with what they import.
 * scipy and hf-xet, which they list and load only where they are used, are left out.
 */
const NAME = 'python-datasets-5.2.0'
const pins = readPins('python-datasets.sha256')

/** The one package that is published as source only; its build needs setuptools, which is pinned as well. */
const SOURCE = 'jsonpath-rw'

/** A Python that has the packages datasets, pyarrow and mlcroissant, or null. */
export function pythonWithDatasets(): string | null {
  const folder = installedFolder(NAME, pins)
  return folder ? join(folder, 'venv/bin/python') : null
}

/** Python 3.11 or later, on Linux with glibc or macOS on ARM; about 90 MB are downloaded, nothing is compiled. */
export const pythonDatasets: Part = {
  name: 'python-datasets',
  installed: () => pythonWithDatasets() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      await runCommand('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')])
      const requirements = join(folder, 'requirements.txt')
      const pip = async (lines: readonly string[], ...how: readonly string[]): Promise<void> => {
        await writeFile(requirements, lines.join(''))
        const into = ['--python', join(folder, 'venv/bin/python')]
        await runCommand('python3', ['-m', 'pip', ...into, 'install', '-q', '--no-deps', ...how, '-r', requirements])
        await rm(requirements)
      }
      const all = requirementsOf()
      const wheels = all.filter(line => !line.startsWith(SOURCE))
      await pip(wheels, '--require-hashes', '--only-binary', ':all:')
      const source = all.filter(line => line.startsWith(SOURCE))
      await pip(source, '--require-hashes', '--no-binary', SOURCE, '--no-build-isolation')
    })
  },
}

/** The lines of pip's requirements: each package in its version, as any of the pinned files. */
function requirementsOf(): readonly string[] {
  const digests = new Map<string, string[]>()
  for (const [file, digest] of pins) {
    const [, name, version] = /^(.+?)-(\d[^-]*?)(?:-.*\.whl|\.tar\.gz)$/.exec(file)!
    const requirement = `${name}==${version}`
    digests.set(requirement, [...(digests.get(requirement) ?? []), `--hash=sha256:${digest}`])
  }
  return [...digests].map(([requirement, hashes]) => `${requirement} ${hashes.join(' ')}\n`)
}
