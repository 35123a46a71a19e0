import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './commands.js'
import type { Pins } from './pins.js'

/** A package of PyPI in one version. */
export interface Package {
  readonly name: string
  readonly version: string
}

/**
 * Installs packages into a folder, nothing else with them, each as any of the files that are pinned: one for each system.
 * @param source packages that are published as source alone: pure Python, which pip packs
 */
export async function pipInstall(
  folder: string,
  packages: readonly Package[],
  pins: Pins,
  source: readonly string[] = [],
): Promise<void> {
  const requirements = join(folder, 'requirements.txt')
  const exactly = ['--no-deps', '--require-hashes', '--only-binary', ':all:']
  const packed = source.flatMap(name => ['--no-binary', name])
  await writeFile(requirements, packages.map(one => requirement(one, pins)).join(''))
  const into = ['--target', folder, '-r', requirements]
  await runCommand('python3', ['-m', 'pip', 'install', '-q', ...exactly, ...packed, ...into])
  await rm(requirements)
}

/** A line of pip's requirements. File names spell `-` in a package's name as `_` too. */
function requirement({ name, version }: Package, pins: Pins): string {
  const begin = new RegExp(`^${name.replaceAll(/[-_]/g, '[-_]')}-${version}[-.]`, 'i')
  const digests = [...pins].flatMap(([file, digest]) => (begin.test(file) ? [digest] : []))
  return `${name}==${version} ${digests.map(digest => `--hash=sha256:${digest}`).join(' ')}\n`
}
