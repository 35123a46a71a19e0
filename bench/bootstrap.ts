import { near } from './bootstrap/near.js'
import { sampling } from './bootstrap/sampling.js'
import { nearOpen } from './bootstrap/near-open.js'
import { nearPeer } from './bootstrap/near-peer.js'
import { type Figure } from './figure.js'
import { measured, type Part } from './parts.js'
import { type Settings } from './settings.js'

const parts: Readonly<Record<string, Part>> = { sampling, near, 'near-open': nearOpen, 'near-peer': nearPeer }

/** What bootstrap rounds cost. `--only sampling,near,near-open,near-peer` measures some parts. */
export const figures = (settings: Settings): Promise<Figure[]> => measured(parts, settings)
