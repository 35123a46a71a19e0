import { near } from './bootstrap/near.js'
import { sampling } from './bootstrap/sampling.js'
import { type Figure } from './figure.js'
import { measured, type Part } from './parts.js'
import { type Settings } from './settings.js'

const parts: Readonly<Record<string, Part>> = { sampling, near }

/** What bootstrap rounds cost. `--only near` measures some parts. */
export const figures = (settings: Settings): Promise<Figure[]> => measured(parts, settings)
