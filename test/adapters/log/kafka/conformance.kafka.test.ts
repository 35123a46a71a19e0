import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { openKafkaLog } from '../../../../src/adapters/log/kafka/log.js'
import { conformance } from '../../../conformance/conformance.js'

const module = new URL('../../../../dist/adapters/log/kafka/log.js', import.meta.url).href

conformance({
  features: { name: 'kafka', sharesPartitions: true, compactsBehindGroups: false, pollMs: 500 },
  hasBudget: false,
  async place() {
    const options = {
      brokers: inject('kafka').bootstrap,
      namespace: `t${randomUUID().slice(0, 8)}`,
    }
    return {
      connection: { module, open: 'openKafkaLog', options },
      open: () => openKafkaLog(options),
      dispose: async () => undefined,
    }
  },
  expire: async log => log.retain?.(Date.now() + 2 * 86_400_000),
})
