import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

/** Waits until a cluster has all its brokers and a controller. Throws the last error after 30 s. */
export async function waitForBrokers(addresses: readonly string[]): Promise<void> {
  const kafka = new Kafka({ brokers: [...addresses], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  const until = Date.now() + 30_000
  for (;;) {
    const admin = kafka.admin()
    try {
      await admin.connect()
      const { brokers, controller } = await admin.describeCluster()
      if (brokers.length === addresses.length && controller !== null) return
      if (Date.now() > until) throw new Error(`${brokers.length} of ${addresses.length} brokers are there`)
    } catch (error) {
      if (Date.now() > until) throw error
    } finally {
      await admin.disconnect()
    }
    await sleep(50)
  }
}
