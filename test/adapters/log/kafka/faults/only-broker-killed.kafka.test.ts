import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { type Log, offset } from '../../../../../src/runtime/log.js'
import { everything, topic } from '../../../../conformance/support.js'
import { repeats } from '../../../../support/effort.js'
import { startKafka } from '../../../../support/kafka/kafka.js'
import { kafkaPlace } from './place.js'

const claims = 12
const kills = repeats(4, 2)
const outputs = 3

it('the only broker is killed among commits: every commit that was acknowledged is there, and each once', async () => {
  const kafka = await startKafka()
  onTestFinished(() => kafka.stop())
  const { open } = await kafkaPlace(kafka.bootstrap)
  const log = await open()
  await log.ensure([topic('in', claims), topic('out', 6)])
  const stop = { now: false }
  const made = Array.from({ length: claims }, () => 0)
  const committing = Promise.all(made.map((_, partition) => commits(log, partition, stop, made)))
  /** Resolves when every claim has made so many commits more. */
  const goOn = async (more: number): Promise<void> => {
    const before = [...made]
    const least = (): number => Math.min(...made.map((count, partition) => count - before[partition]!))
    await Promise.race([committing, expect.poll(least, { timeout: 120_000 }).toBeGreaterThanOrEqual(more)])
  }
  for (let kill = 0; kill < kills; kill++) {
    await goOn(10 + 3 * kill)
    await kafka.kill(1)
    await kafka.restart(1)
    await goOn(10)
  }
  stop.now = true
  await committing
  const expected = made.flatMap((count, partition) =>
    Array.from({ length: count * outputs }, (_, at) => `${partition} ${Math.floor(at / outputs)} ${at % outputs}`),
  )
  const values = (await everything(log, 'out')).map(({ value }) => value.toString())
  expect(values.toSorted()).toEqual(expected.toSorted())
  expect(Math.min(...made)).toBeGreaterThanOrEqual(20 * kills)
})

/** Commits one offset after the other, with its outputs, as fast as brokers take it; counts them in `made`. */
async function commits(log: Log, partition: number, stop: { readonly now: boolean }, made: number[]): Promise<void> {
  const claim = await log.claim('g', 'in', partition)
  while (!stop.now) {
    const from = made[partition]!
    const records = Array.from({ length: outputs }, (_, at) => ({
      topic: 'out',
      partition: partition % 6,
      key: null,
      value: Buffer.from(`${partition} ${from} ${at}`),
    }))
    await claim.commit(offset(from), offset(from + 1), records)
    made[partition] = from + 1
    await sleep(Math.random() * 40)
  }
}
