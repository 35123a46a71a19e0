import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { commandPath, ensureCommand, runCommand } from './commands.js'
import { type Part } from './part.js'
import { readPins } from './pins.js'

/** hydra-core and OmegaConf as NeMo pins them, with what they import. */
const PACKAGES = [
  { name: 'hydra-core', version: '1.3.2' },
  { name: 'omegaconf', version: '2.3.0' },
  { name: 'pyyaml', version: '6.0.3' },
  { name: 'packaging', version: '26.3' },
  { name: 'antlr4-python3-runtime', version: '4.9.3' },
] as const
const NAME = `python-hydra-${PACKAGES[0].version}`
const pins = readPins('python-hydra.sha256')

/** A Python and the folder of packages for it; null when one is absent. */
export function pythonWithHydra(): { readonly python: string; readonly packages: string } | null {
  const packages = installedFolder(NAME, pins)
  const python = commandPath('python3')
  return packages && python ? { python, packages } : null
}

/** Python 3.10 or later; a megabyte is downloaded. */
export const pythonHydra: Part = {
  name: 'python-hydra',
  installed: () => pythonWithHydra() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      const requirements = join(folder, 'requirements.txt')
      await writeFile(requirements, PACKAGES.map(requirement).join(''))
      // The last of them is published as a source distribution alone: pure Python, which pip packs.
      const exactly = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--no-binary', PACKAGES[4].name]
      await runCommand('python3', ['-m', 'pip', 'install', '-q', ...exactly, '--target', folder, '-r', requirements])
      await rm(requirements)
    })
  },
}

/** A line of pip's requirements: this version, as any of the pinned files. */
function requirement({ name, version }: (typeof PACKAGES)[number]): string {
  const begin = `${name.replaceAll('-', '[-_]')}-${version}[-.]`
  const digests = [...pins].flatMap(([file, digest]) => (new RegExp(`^${begin}`, 'i').test(file) ? [digest] : []))
  return `${name}==${version} ${digests.map(digest => `--hash=sha256:${digest}`).join(' ')}\n`
}
