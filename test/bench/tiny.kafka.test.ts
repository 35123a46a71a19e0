import { expect, inject, it } from 'vitest'
import { partsOf, tinyRun } from './tiny.js'

it('every part of the benchmark on Kafka runs', async () => {
  const brokers = inject('kafka').bootstrap.join(',')
  expect(await tinyRun('kafka', { KAFKA_BROKERS: brokers })).toEqual(await partsOf('kafka'))
})
