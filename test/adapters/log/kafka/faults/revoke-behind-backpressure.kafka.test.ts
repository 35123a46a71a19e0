import { expect, it } from 'vitest'
import { identified } from '../../../../conformance/support.js'
import { check, faultless } from '../../../../support/checker.js'
import { blockableOutputs } from './blocked.js'
import { answered, asked, copyNode } from './copy-node.js'
import { kafkaPlace, running, topicsOf } from './place.js'

it('revoke behind backpressure: while nothing can be published a partition changes hands within its limit', async () => {
  const outputs = blockableOutputs()
  const { open } = await kafkaPlace()
  const [first, second] = [await open(), await open()]
  for (const log of [first, second]) await log.ensure(topicsOf(2))
  const sent = identified(400, 20)
  const partition = (key: string): number => Number(key.slice('key-'.length)) % 2
  const one = running(first, copyNode(1))
  await expect.poll(() => one.partitions().length).toBe(2)
  outputs.block()
  // Partition by partition: what goes to one alone takes no transaction, and is not held back.
  for (const at of [0, 1])
    await first.publish(sent.filter(({ key }) => partition(key) === at).map(record => asked(record, at)))
  await expect.poll(() => outputs.waiting.sends).toBeGreaterThanOrEqual(2)
  const two = running(second, copyNode(1))
  await expect.poll(() => two.partitions().length).toBe(1)
  expect(one.partitions()).toHaveLength(1)
  // It gave one partition back within its limit: the coordinator shuts out who is late, and both would have been lost.
  expect(one.events.map(({ event }) => event)).toEqual(['assigned', 'assigned', 'lost'])
  expect(await answered(first)).toEqual([])

  outputs.unblock()
  await expect.poll(async () => (await answered(first)).length).toBe(400)
  expect(check(sent, await answered(first))).toEqual(faultless(400))
})
