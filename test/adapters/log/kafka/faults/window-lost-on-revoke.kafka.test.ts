import { expect, it } from 'vitest'
import { identified } from '../../../../conformance/support.js'
import { check, faultless } from '../../../../support/checker.js'
import { answered, asked, copyNode } from './copy-node.js'
import { kafkaPlace, running, topicsOf } from './place.js'

it('a window lost on revoke: what was read and not committed when a partition moved is made by its next owner, once', async () => {
  const { open } = await kafkaPlace()
  const [first, second] = [await open(), await open()]
  for (const log of [first, second]) await log.ensure(topicsOf(4))
  const sent = identified(1200, 40)
  const partition = (key: string): number => Number(key.slice('key-'.length)) % 4
  await first.publish(sent.map(record => asked(record, partition(record.key))))
  const one = running(first, copyNode(20))
  await expect.poll(() => one.partitions().filter(({ inFlight }) => inFlight >= 200).length).toBe(4)
  const two = running(second, copyNode(20))
  await expect.poll(() => [one.partitions().length, two.partitions().length]).toEqual([2, 2])
  await two.stop()
  await expect.poll(async () => (await answered(first)).length).toBeGreaterThanOrEqual(1200)
  expect(check(sent, await answered(first))).toEqual(faultless(1200))
})
