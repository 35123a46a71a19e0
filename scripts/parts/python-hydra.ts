import { install, installedFolder } from './cache.js'
import { commandPath, ensureCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'
import { pipInstall } from './pip.js'

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
      await pipInstall(folder, PACKAGES, pins, [PACKAGES[4].name])
    })
  },
}
