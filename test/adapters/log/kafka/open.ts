import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../../../src/adapters/log/kafka/log.js'
import type { Log } from '../../../../src/runtime/log.js'

/** Opens logs of one namespace, as processes of one deployment would; closed when the test has ended. */
export function deployment(settings: object = {}) {
  const options = { brokers: inject('kafka').bootstrap, namespace: `t${randomUUID().slice(0, 8)}`, ...settings }
  const open = async (more: object = {}): Promise<Log> => {
    const log = await openKafkaLog({ ...options, ...more })
    onTestFinished(() => log.close())
    return log
  }
  return { options, open }
}
