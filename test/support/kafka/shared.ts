import type { TestProject } from 'vitest/node'
import { type Kafka, startKafka } from './kafka.js'
import { LISTENERS } from './listeners.js'

/** The broker that every test of the project `kafka` may use; tests name their topics and groups so that none meet. */
export interface SharedKafka {
  readonly provider: 'KAFKA_BROKERS' | Kafka['provider']
  /** The plain addresses, `host:port`. */
  readonly bootstrap: string[]
  /** The addresses of every listener and what one needs to come in; null with KAFKA_BROKERS, of which only plain ones are known. */
  readonly guarded: Pick<Kafka, 'endpoints' | 'security'> | null
}

declare module 'vitest' {
  interface ProvidedContext {
    kafka: SharedKafka
  }
}

/** Takes the brokers that KAFKA_BROKERS names (`host:port,…`), or starts one for the whole run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KAFKA_BROKERS
  if (given) {
    project.provide('kafka', { provider: 'KAFKA_BROKERS', bootstrap: given.split(','), guarded: null })
    return undefined
  }
  const kafka = await startKafka({ listeners: LISTENERS })
  const { provider, bootstrap, endpoints, security } = kafka
  project.provide('kafka', { provider, bootstrap, guarded: { endpoints, security } })
  return () => kafka.stop()
}
