import { isDeepStrictEqual } from 'node:util'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import type { Log } from '../../src/runtime/log.js'
import { type Kafka, startKafka } from '../support/kafka/kafka.js'
import { type Inference, fleetInference, httpInference } from './inference.js'
import { check, faultless } from '../support/checker.js'
import { brokerTopic, names, readAsked } from './pipeline.js'
import { readTopic } from './read-topic.js'
import { publish, type Sent, workload } from './workload.js'

export interface ArenaOptions {
  readonly records: number
  readonly seed: number
  readonly partitions: number
  readonly brokers: 1 | 3
  readonly via: Inference['via']
}

/** Brokers of the run's own with the input published, and servers to call. */
export interface Arena {
  readonly kafka: Kafka
  readonly log: Log
  readonly inference: Inference
  readonly sent: readonly Sent[]
  readonly partitions: number
  close(): Promise<void>
}

const forever = { keep: 'forever' } as const

export async function openArena({ records, seed, partitions, brokers, via }: ArenaOptions): Promise<Arena> {
  const kafka = await startKafka({ brokers })
  const closing: (() => Promise<void>)[] = [() => kafka.stop()]
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one()
  }
  try {
    const log = await openKafkaLog({ brokers: kafka.bootstrap, namespace: names.namespace })
    closing.push(() => log.close())
    await log.ensure([
      { name: names.in, partitions, retention: forever },
      { name: names.out, partitions: 6, retention: forever },
      { name: names.copied, partitions: 6, retention: forever },
      { name: names.deadLetters, partitions: 1, retention: forever },
      { name: names.replayed, partitions: 1, retention: forever },
    ])
    const inference = await { http: httpInference, fleet: fleetInference }[via]()
    closing.push(() => inference.stop())
    const sent = workload(records, partitions, seed)
    await publish(kafka.bootstrap, brokerTopic(names.in), sent, seed)
    await verifyInput(kafka.bootstrap, sent)
    return { kafka, log, inference, sent, partitions, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What comes out can only be judged when each record went in once and in order. */
async function verifyInput(brokers: readonly string[], sent: readonly Sent[]): Promise<void> {
  const input = [...(await readTopic(brokers, brokerTopic(names.in), 'committed')).values()].flat()
  const verdict = check(
    sent,
    input.map(({ value }) => readAsked(value!)),
  )
  if (!isDeepStrictEqual(verdict, faultless(sent.length)))
    throw new Error(`the input is not what it should be: ${JSON.stringify(verdict)}`)
}
