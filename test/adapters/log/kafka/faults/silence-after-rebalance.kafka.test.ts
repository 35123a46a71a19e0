import { expect, it } from 'vitest'
import { identified } from '../../../../conformance/support.js'
import { check, faultless } from '../../../../support/checker.js'
import { answered, asked, copyNode } from './copy-node.js'
import { kafkaPlace, running, topicsOf } from './place.js'

it('silence after a rebalance: after every join and leave every partition goes on', async () => {
  const { open } = await kafkaPlace()
  const log = await open()
  await log.ensure(topicsOf(4))
  const sent = identified(0, 1)
  /** Publishes to every partition and sees all of it come out. */
  const allGoOn = async (): Promise<void> => {
    const more = identified(40, 4, sent.length)
    sent.push(...more)
    await log.publish(more.map((record, at) => asked(record, at % 4)))
    await expect.poll(async () => (await answered(log)).length, { timeout: 6000 }).toBe(sent.length)
  }
  const stays = running(log, copyNode(1))
  await expect.poll(() => stays.partitions().length).toBe(4)
  await allGoOn()
  for (let i = 0; i < 3; i++) {
    const comes = running(await open(), copyNode(1))
    await expect.poll(() => comes.partitions().length).toBe(2)
    await allGoOn()
    await comes.stop()
    await expect.poll(() => stays.partitions().length).toBe(4)
    await allGoOn()
  }
  expect(check(sent, await answered(log))).toEqual(faultless(sent.length))
})
