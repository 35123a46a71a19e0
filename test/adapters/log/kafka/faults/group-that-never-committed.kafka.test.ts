import { expect, it } from 'vitest'
import { copyNode } from './copy-node.js'
import { kafkaPlace, running, topicsOf } from './place.js'

it('a group that never committed: it has an offset of every partition as soon as it begins, without a record', async () => {
  const { open, admin, nameOf } = await kafkaPlace()
  const log = await open()
  await log.ensure(topicsOf(4))
  const { partitions } = running(log, copyNode(1))
  await expect.poll(() => partitions().length).toBe(4)
  const [stored] = await admin.fetchOffsets({ groupId: nameOf('copy'), topics: [nameOf('in')] })
  expect(stored!.partitions.map(({ partition, offset }) => [partition, offset]).sort()).toEqual([
    [0, '0'],
    [1, '0'],
    [2, '0'],
    [3, '0'],
  ])
})
