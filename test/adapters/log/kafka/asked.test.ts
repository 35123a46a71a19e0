import { expect, it } from 'vitest'
import { asked } from '../../../../src/adapters/log/kafka/asked.js'
import { SteerflowError } from '../../../../src/domain/errors.js'

const loading = (): Error =>
  Object.assign(new Error('loading'), { name: 'KafkaJSProtocolError', type: 'GROUP_LOAD_IN_PROGRESS', retriable: true })

it('asks again what cannot be answered at the moment', async () => {
  let times = 0
  const answer = await asked(async () => {
    if (++times < 3) throw loading()
    return 'answer'
  })
  expect([answer, times]).toEqual(['answer', 3])
})

it('passes on at once what waiting does not mend', async () => {
  let times = 0
  const question = asked(async () => {
    times++
    throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', 'there is no topic x')
  })
  await expect(question).rejects.toMatchObject({ code: 'STEERFLOW_TOPIC_UNKNOWN' })
  expect(times).toBe(1)
})
