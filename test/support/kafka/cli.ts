import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../../src/adapters/log/kafka/log.js'
import { Kafka, logLevel } from '../../../src/adapters/log/kafka/kafkajs.js'
import type { Log } from '../../../src/runtime/log.js'
import { makeTopics } from '../../../src/runtime/topic-plan.js'
import { topicSpecs } from '../../../src/topics.js'
import { runCli, startCli } from '../cli.js'
import { temporaryFolder } from '../temporary.js'

/** A deployment of its own on the shared broker, worked with by the compiled command line. */
export async function deployed() {
  const kafka = { brokers: inject('kafka').bootstrap, namespace: `o${randomUUID().slice(0, 8)}` }
  const flags = ['--data-dir', await temporaryFolder(), '--set', `log=${JSON.stringify({ kafka })}`]
  return {
    namespace: kafka.namespace,
    run: (...argv: readonly string[]) => runCli([...argv, ...flags]),
    start: (...argv: readonly string[]) => startCli([...argv, ...flags]),
    /** What a command prints as JSON, whatever its exit code. */
    json: async (...argv: readonly string[]): Promise<unknown> =>
      JSON.parse((await runCli([...argv, '--json', ...flags])).stdout),
    open: async (): Promise<Log> => {
      const log = await openKafkaLog(kafka)
      onTestFinished(() => log.close())
      await makeTopics(log, topicSpecs)
      return log
    },
    /** A plain kafkajs admin, as other tools are. */
    admin: async () => {
      const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin()
      await admin.connect()
      onTestFinished(() => admin.disconnect())
      return admin
    },
  }
}
