import { expect, it } from 'vitest'
import { offset } from '../../../../../src/runtime/log.js'
import { identified, output, rejection } from '../../../../conformance/support.js'
import { kafkaPlace, notingMember, topicsOf } from './place.js'

it('a committed offset that the brokers have forgotten stops the run and is never read from the start again', async () => {
  const { open, admin, nameOf } = await kafkaPlace()
  const log = await open()
  await log.ensure(topicsOf(1))
  await log.publish(identified(10, 2).map(record => output('in', record)))
  const claim = await log.claim('g', 'in', 0)
  await claim.commit(offset(0), offset(5), [])
  await claim.release()
  // What offsets.retention.minutes does to a group without members.
  await expect.poll(() => admin.deleteGroups([nameOf('g')]).then(() => 'deleted')).toBe('deleted')

  const error = await rejection(log.claim('g', 'in', 0), 'STEERFLOW_OFFSET_LOST')
  expect(error.kind).toBe('fatal')
  const member = notingMember()
  await log.join('g', 'in', member.assignee)
  await expect.poll(() => member.failed).toEqual([expect.objectContaining({ code: 'STEERFLOW_OFFSET_LOST' })])
  expect(member.assigned).toEqual([])
  expect(await log.committed('g', 'in')).toEqual(new Map())
})
