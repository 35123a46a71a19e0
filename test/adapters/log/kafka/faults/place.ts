import { randomUUID } from 'node:crypto'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { inject, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../../../../src/adapters/log/kafka/log.js'
import type { RunEvent } from '../../../../../src/runtime/events.js'
import type { Claim, Log, TopicSpec } from '../../../../../src/runtime/log.js'
import { PipelineRun } from '../../../../../src/runtime/pipeline-run.js'
import type { Node } from '../../../../../src/stages/node.js'
import type { Capabilities } from '../../../../../src/stages/needs.js'
import { topic } from '../../../../conformance/support.js'

/** A namespace of one test's own on the shared broker, and a bare client to look at it from outside. */
export interface KafkaPlace {
  readonly kafka: Kafka
  readonly admin: Admin
  /** The broker's name of a topic or group. */
  readonly nameOf: (name: string) => string
  /** Another process's view, as it were: a log with connections of its own. */
  readonly open: () => Promise<Log>
}

export async function kafkaPlace(brokers: readonly string[] = inject('kafka').bootstrap): Promise<KafkaPlace> {
  const namespace = `f${randomUUID().slice(0, 8)}`
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  return {
    kafka,
    admin,
    nameOf: name => `${namespace}.${name}`,
    open: async () => {
      const log = await openKafkaLog({ brokers, namespace })
      onTestFinished(() => log.close())
      return log
    },
  }
}

/** The usual topics: `in` and `out` with so many partitions, and the dead letters. */
export const topicsOf = (partitions: number): readonly TopicSpec[] => [
  topic('in', partitions),
  topic('out', partitions),
  topic('dead-letters'),
]

/** A member that notes what it is told, and gives back at once what it is asked for. */
export function notingMember() {
  const assigned: Claim[] = []
  const revoked: Claim[] = []
  const lost: Claim[] = []
  const failed: Error[] = []
  const assignee = {
    assigned: (claim: Claim) => void assigned.push(claim),
    revoked: async (claim: Claim) => void revoked.push(claim),
    lost: (claim: Claim) => void lost.push(claim),
    failed: (error: Error) => void failed.push(error),
  }
  return { assigned, revoked, lost, failed, assignee }
}

/** A run of one node on a log, started; ends with the test at the latest. */
export function running(
  log: Log,
  node: Node,
  options: { readonly concurrency?: number; readonly window?: number } = {},
) {
  const events: RunEvent[] = []
  const run = new PipelineRun({
    log,
    nodes: [node],
    deadLetters: 'dead-letters',
    capabilities: {} as Capabilities,
    options: () => ({}),
    concurrency: () => options.concurrency ?? 8,
    window: () => options.window ?? 256,
    sourcesEnded: () => false,
    untilIdle: false,
    report: event => void events.push(event),
  })
  const ended = run.run()
  ended.catch(() => undefined)
  const stop = async (): Promise<void> => {
    run.stop()
    await ended
  }
  onTestFinished(() => stop().catch(() => undefined))
  return { run, stop, events, partitions: () => run.status().flatMap(node => node.partitions) }
}
