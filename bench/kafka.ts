import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openKafkaLog } from '../src/adapters/log/kafka/log.js'
import type { Log } from '../src/runtime/log.js'
import { startKafka } from '../test/support/kafka/kafka.js'
import { type Figure, figure } from './figure.js'
import type { Part } from './parts.js'
import { sized } from './sizes.js'
import { step } from './steps.js'
import { replayed } from './kafka/replay.js'
import { slowServer } from './kafka/slow-server.js'
import type { Sample, Task } from './kafka/work.js'

const records = sized(60_000, 2_000)
const warm = sized(15_000, 200)
/** Records that each worker calls the server for. */
const calls = sized(4_000, 100)
const rounds = Number(process.env.ROUNDS ?? sized(5, 1))
const partitions = 4
const forever = { keep: 'forever' } as const

interface Measured {
  readonly perCpuSecond: number
  readonly perSecond: number
}

type Place = Pick<Task, 'brokers' | 'namespace'>

/** A part that works in a namespace of its own on the brokers that KAFKA_BROKERS names, or on one that it starts. */
const onKafka =
  (work: (place: Place) => Promise<readonly Figure[]>): Part =>
  async () => {
    const namespace = `bench${randomUUID().slice(0, 8)}`
    const given = process.env.KAFKA_BROKERS
    if (given) return [...(await work({ brokers: given.split(','), namespace }))]
    step('the start of a broker')
    const broker = await startKafka()
    try {
      return [...(await work({ brokers: broker.bootstrap, namespace }))]
    } finally {
      await broker.stop()
    }
  }

/** Processor time a record, against a bare loop, and of exactly once against at least once; and slow calls, shared out. */
const kafka = onKafka(async place => {
  const log = await openKafkaLog(place)
  await log.ensure(['in', 'out'].map(name => ({ name, partitions, retention: forever })))
  step('filling the topic')
  await fill(log, records)
  await log.close()
  return [...(await throughput(place)), ...(await slowCalls(place))]
})

async function fill(log: Log, count: number): Promise<void> {
  const text = 'How do I compile  python code to make it  faster? '.repeat(19)
  for (let at = 0; at < count; at += 500) {
    const outputs = Array.from({ length: 500 }, (_, i) => {
      const record: Sample = { id: at + i, key: `tree-${(at + i) % 600}`, text }
      return { topic: 'in', key: Buffer.from(record.key), value: Buffer.from(JSON.stringify(record)) }
    })
    await log.publish(outputs)
  }
}

async function throughput(place: Place): Promise<Figure[]> {
  const ratios: Record<'alo' | 'eos', number[]> = { alo: [], eos: [] }
  const rates: Record<'bare' | 'alo' | 'eos', number[]> = { bare: [], alo: [], eos: [] }
  for (let round = 0; round <= rounds; round++) {
    const bare = await child('bare', place, {})
    const alo = await child('ours', place, { delivery: 'at-least-once' })
    const eos = await child('ours', place, { delivery: 'exactly-once' })
    if (round === 0) continue
    ratios.alo.push(alo.perCpuSecond / bare.perCpuSecond)
    ratios.eos.push(eos.perCpuSecond / alo.perCpuSecond)
    for (const [name, rate] of Object.entries({ bare, alo, eos })) rates[name as 'bare'].push(rate.perCpuSecond)
  }
  const bareLoop = 'a kafkajs loop in the same rounds: eachBatch, JSON, producer.send of 500, commit'
  const absolute = Object.entries(rates).map(([name, values]) =>
    figure(`${name}: records a CPU second`, null, 'absolute', 'records/s', values),
  )
  return [
    figure('at least once: records a CPU second', 0.77, bareLoop, 'ratio', ratios.alo),
    figure('exactly once: records a CPU second', 0.8, 'ours, at least once', 'ratio', ratios.eos),
    ...absolute,
  ]
}

/** One worker and two on calls of 20 ms, eight under way in each: the share of what the server says is possible. */
async function slowCalls(place: Place): Promise<Figure[]> {
  const server = await slowServer(20)
  const shares: Record<1 | 2, number[]> = { 1: [], 2: [] }
  for (let round = 0; round < rounds; round++) {
    for (const workers of [1, 2] as const) {
      const group = `g${randomUUID().slice(0, 8)}`
      const task = { group, url: server.url, inFlight: 8, records: calls, warm: 1, delivery: 'exactly-once' as const }
      await Promise.all(Array.from({ length: workers }, () => child('ours', place, task)))
      const { perSecond, serviceMs } = server.take()
      shares[workers].push(perSecond / ((workers * 8 * 1000) / serviceMs))
    }
  }
  server.close()
  const ideal = 'calls under way ÷ the time that a call takes at the server, both by its own count'
  return ([1, 2] as const).map(workers =>
    figure(`calls a second of ${workers} worker(s), exactly once`, 0.9, ideal, 'ratio', shares[workers]),
  )
}

/** Runs one side in a process of its own. */
async function child(script: 'bare' | 'ours', place: Place, task: Partial<Task>): Promise<Measured> {
  const path = fileURLToPath(new URL(`kafka/${script}.ts`, import.meta.url))
  step(`a process of ${script}.ts, ${task.delivery ?? 'a bare loop'}`)
  const whole = { ...place, group: `g${randomUUID().slice(0, 8)}`, records, warm, ...task }
  const process_ = spawn(process.execPath, ['--import', 'tsx', path, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  process_.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  await once(process_, 'close')
  const last = out.trim().split('\n').at(-1)
  if (!last) throw new Error(`${script} measured nothing`)
  return JSON.parse(last) as Measured
}

export const about =
  'Processor time a record on a real Kafka, slow calls shared out, replays; starts a broker unless KAFKA_BROKERS names some.'
export const parts: Readonly<Record<string, Part>> = { kafka, replay: onKafka(replayed) }
