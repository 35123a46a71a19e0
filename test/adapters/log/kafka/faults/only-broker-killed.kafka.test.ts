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
  const committing = Array.from({ length: claims }, (_, partition) => commits(log, partition, stop))
  for (let kill = 0; kill < kills; kill++) {
    await sleep(1500 + 300 * kill)
    await kafka.kill(1)
    await kafka.restart(1)
    // Until each claim has gone on.
    await sleep(3000)
  }
  stop.now = true
  const made = await Promise.all(committing)
  const expected = made.flatMap((count, partition) =>
    Array.from({ length: count * outputs }, (_, at) => `${partition} ${Math.floor(at / outputs)} ${at % outputs}`),
  )
  const values = (await everything(log, 'out')).map(({ value }) => value.toString())
  expect(values.toSorted()).toEqual(expected.toSorted())
  expect(Math.min(...made)).toBeGreaterThan(5 * kills)
})

/** Commits one offset after the other, with its outputs, as fast as brokers take it; how many there were. */
async function commits(log: Log, partition: number, stop: { readonly now: boolean }): Promise<number> {
  const claim = await log.claim('g', 'in', partition)
  let from = 0
  while (!stop.now) {
    const records = Array.from({ length: outputs }, (_, at) => ({
      topic: 'out',
      partition: partition % 6,
      key: null,
      value: Buffer.from(`${partition} ${from} ${at}`),
    }))
    await claim.commit(offset(from), offset(from + 1), records)
    from++
    await sleep(Math.random() * 40)
  }
  return from
}
