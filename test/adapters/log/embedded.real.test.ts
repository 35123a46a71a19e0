import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../src/adapters/log/embedded/log.js'
import { conformance } from '../../conformance/conformance.js'

const module = new URL('../../../dist/adapters/log/embedded/log.js', import.meta.url).href

conformance({
  features: { name: 'embedded', sharesPartitions: false, compactsBehindGroups: true, pollMs: 50 },
  hasBudget: true,
  async place() {
    const dir = await mkdtemp(join(tmpdir(), 'steerflow-log-'))
    return {
      connection: { module, open: 'openEmbeddedLog', options: { dir } },
      open: () => openEmbeddedLog({ dir }),
      openSmall: (maxBytes, fullWaitMs) => openEmbeddedLog({ dir, maxBytes, fullWaitMs }),
      dispose: () => rm(dir, { recursive: true, force: true }),
    }
  },
  expire: async log => log.retain?.(Date.now() + 2 * 86_400_000),
})
