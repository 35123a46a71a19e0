import { near } from './bootstrap/near.js'
import { sampling } from './bootstrap/sampling.js'
import { nearOpen } from './bootstrap/near-open.js'
import { nearPeer } from './bootstrap/near-peer.js'
import type { Part } from './parts.js'

export const about = 'What bootstrap rounds cost.'
export const parts: Readonly<Record<string, Part>> = {
  sampling: settings => sampling(settings),
  near,
  'near-open': nearOpen,
  'near-peer': nearPeer,
}
