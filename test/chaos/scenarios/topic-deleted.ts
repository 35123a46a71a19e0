import { setTimeout as sleep } from 'node:timers/promises'
import { openKafkaLog } from '../../../src/adapters/log/kafka/log.js'
import { Kafka, logLevel } from '../../../src/adapters/log/kafka/kafkajs.js'
import { resetOffsets } from '../../../src/runtime/reset.js'
import { brokerTopic, names, readAnswered } from '../pipeline.js'
import { readTopic } from '../read-topic.js'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'
import { publish } from '../workload.js'

/** How long workers may take to know that their topic has gone, in milliseconds. */
const knownMs = 60_000
/** What a worker says that does not go on: it tries again now and then, or has ended. */
const standing = ['paused', 'failed'] as const

/**
 * Deletes the topic that workers read, in the middle of it. They have to say so; then everything is done that they say:
 * the topic is made anew, what did not pass is published again, the offsets are reset, and workers are started.
 */
async function remove(trial: Trial): Promise<void> {
  const { arena, crew, findings } = trial
  await crew.settled()
  while (trial.tail.received < arena.sent.length / 4) await sleep(50)
  const workers = crew.running
  for (const worker of workers) crew.expect(worker)
  const since = performance.now()
  await deleteTopic(arena.kafka.bootstrap, brokerTopic(names.in))
  await told(trial, workers.length, since)
  await crew.dismiss()
  const { message } = crew.since(since, ...standing)[0]!
  findings.fault('the topic was deleted', { told: message, afterSeconds: (performance.now() - since) / 1000 })

  const log = await openKafkaLog({ brokers: arena.kafka.bootstrap, namespace: names.namespace })
  try {
    await log.ensure([{ name: names.in, partitions: arena.partitions, retention: { keep: 'forever' } }])
    const out = [...(await readTopic(arena.kafka.bootstrap, brokerTopic(names.out), 'committed')).values()].flat()
    const passed = new Set(out.map(({ value }) => readAnswered(value!).id))
    const rest = arena.sent.filter(({ id }) => !passed.has(id))
    if (rest.length === 0) throw new Error('everything had passed before the topic was deleted')
    const target = { kind: 'earliest' } as const
    await resetOffsets(log, { group: names.group, topic: names.in, target, partition: null, dryRun: false })
    await publish(arena.kafka.bootstrap, brokerTopic(names.in), rest, trial.settings.seed)
  } finally {
    await log.close()
  }
  arena.inference.hurry()
  for (let i = 0; i < workers.length; i++) crew.start()
  await crew.settled()
}

/** Waits until so many workers have said that their topic is another. Throws an Error when they do not, or say otherwise. */
async function told({ crew }: Trial, workers: number, since: number): Promise<void> {
  for (const deadline = performance.now() + knownMs; ; await sleep(100)) {
    const said = crew.since(since, ...standing)
    const other = said.find(({ message }) => !('code' in message) || message.code !== 'STEERFLOW_TOPIC_REPLACED')
    if (other) throw new Error(`${other.worker} says ${JSON.stringify(other.message)}`)
    const knowing = new Set(said.map(({ worker }) => worker)).size
    if (knowing === workers) return
    if (performance.now() > deadline) throw new Error(`only ${knowing} workers know that the topic is gone`)
  }
}

async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.disconnect()
  }
}

export const scenario: Scenario = {
  summary: 'the topic that is read is deleted, and everything done that workers say then',
  times: 1,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 3,
    seconds: choices.quick ? 20 : 40,
  }),
  run: remove,
}
