import { expect, it, onTestFinished } from 'vitest'
import { offset } from '../../../../../src/runtime/log.js'
import { everything, topic } from '../../../../conformance/support.js'
import { startKafka } from '../../../../support/kafka/kafka.js'
import { kafkaPlace } from './place.js'

const partitions = 12
const commits = 50

it('acknowledged twice: what goes to several brokers in one transaction is there once, whichever of them was slow', async () => {
  const kafka = await startKafka({ brokers: 3 })
  onTestFinished(() => kafka.stop())
  const { open } = await kafkaPlace(kafka.bootstrap)
  const log = await open()
  await log.ensure([topic('out', partitions)])
  // One transaction right after the other: a coordinator that is still busy with the last one refuses some requests.
  const claim = await log.claim('g', 'source', 0)
  for (let at = 0; at < commits; at++) {
    const outputs = Array.from({ length: partitions }, (_, partition) => ({
      topic: 'out',
      partition,
      key: null,
      value: Buffer.from(`${at}-${partition}`),
    }))
    await claim.commit(offset(at), offset(at + 1), outputs)
  }
  const values = (await everything(log, 'out')).map(({ value }) => value.toString())
  const twice = values.filter((value, at) => values.indexOf(value) !== at)
  expect(twice).toEqual([])
  expect(values).toHaveLength(commits * partitions)
})
