import { expect, it } from 'vitest'
import { type Claim, offset } from '../../../../../src/runtime/log.js'
import { identified, output, rejection } from '../../../../conformance/support.js'
import { kafkaPlace, notingMember, topicsOf } from './place.js'

const published = (count: number) => identified(count, 2).map(record => output('in', record))

/** Reads on until something is thrown. */
async function thrown(claim: Claim): Promise<Error> {
  for (;;) {
    try {
      await claim.read({ records: 100, bytes: 1 << 20 }, 200)
    } catch (error) {
      return error as Error
    }
  }
}

async function place() {
  const { open, admin, nameOf } = await kafkaPlace()
  const log = await open()
  await log.ensure(topicsOf(2))
  await log.publish(published(20))
  return {
    log,
    open,
    blind: () =>
      admin.setOffsets({ groupId: nameOf('g'), topic: nameOf('in'), partitions: [{ partition: 0, offset: '5' }] }),
    remove: () => admin.deleteTopics({ topics: [nameOf('in')] }),
    /** Deletes it and makes it anew, with more records in each partition than there were, and fewer partitions. */
    replace: async (): Promise<void> => {
      await admin.deleteTopics({ topics: [nameOf('in')] })
      const topics = [{ topic: nameOf('in'), numPartitions: 1, replicationFactor: 1 }]
      await expect.poll(() => admin.createTopics({ topics }).catch(() => false)).toBe(true)
      const after = await open()
      await after.ensure(topicsOf(1))
      await after.publish(published(50))
    },
  }
}

it('a topic that was made anew while nobody ran is known by its id, and read again when somebody says so', async () => {
  const { log, open, replace } = await place()
  const claim = await log.claim('g', 'in', 0)
  await claim.commit(claim.committed, offset(claim.committed + 3n), [])
  await claim.release()
  await replace()

  const later = await open()
  const error = await rejection(later.claim('g', 'in', 0), 'STEERFLOW_TOPIC_REPLACED')
  expect(error.message).toMatch(/^g on in\/0: the topic was deleted and created again \(its id was \w{8}, is \w{8}\);/)
  expect(error.message).toContain('The new one has offsets 0 to 49 here')
  expect(error.message).toContain('`steerflow offsets reset --node g --to-earliest`')
  expect(await later.admin!.forgotten('g', 'in')).toEqual(new Set([0]))
  const member = notingMember()
  await later.join('g', 'in', member.assignee)
  await expect.poll(() => member.failed).toEqual([expect.objectContaining({ code: 'STEERFLOW_TOPIC_REPLACED' })])
  expect(member.assigned).toEqual([])

  const reset = await later.claim('g', 'in', 0, { ifForgotten: offset(0) })
  await reset.commit(reset.committed, offset(0), [])
  await reset.release()
  expect(await later.admin!.forgotten('g', 'in')).toEqual(new Set())
  const again = await later.claim('g', 'in', 0)
  expect(again.committed).toBe(0n)
})

it('an offset that was committed to the new topic by mistake does not hide that it is another', async () => {
  const { log, open, replace, blind } = await place()
  await (await log.claim('g', 'in', 0)).release()
  await replace()
  const later = await open()
  // What a run of a version that knows nothing of ids commits.
  await blind()
  expect((await later.committed('g', 'in')).get(0)).toBe(5n)
  await rejection(later.claim('g', 'in', 0), 'STEERFLOW_TOPIC_REPLACED')
})

it('a group that began under an earlier version has the id on record with its next commit', async () => {
  const { log, open, replace } = await place()
  await (await log.claim('g', 'in', 0)).release()
  const bare = {
    topic: 'progress',
    key: Buffer.from('begun/g/in/0'),
    value: Buffer.from('{"offset":"0","mark":"begun"}'),
  }
  await log.publish([bare])
  const claim = await (await open()).claim('g', 'in', 0)
  await claim.commit(offset(0), offset(1), [])
  await claim.release()
  await replace()
  await rejection((await open()).claim('g', 'in', 0), 'STEERFLOW_TOPIC_REPLACED')
})

it('a reader of a topic that is made anew under it is told, also where its offset is one of the new one', async () => {
  const { log, replace } = await place()
  const claim = await log.claim('g', 'in', 0)
  const failing = thrown(claim)
  await replace()
  expect(await failing).toMatchObject({ code: 'STEERFLOW_TOPIC_REPLACED' })
  const error = await rejection(claim.commit(claim.committed, offset(1), []), 'STEERFLOW_TOPIC_REPLACED')
  expect(error.message).toContain('deleted and created again')
})

it('a reader of a topic that is deleted is told', async () => {
  const { log, remove } = await place()
  const claim = await log.claim('g', 'in', 1)
  const failing = thrown(claim)
  await remove()
  const error = await failing
  expect(error).toMatchObject({ code: 'STEERFLOW_TOPIC_REPLACED' })
  expect(error.message).toContain('g on in/1: the topic was deleted; ')
  expect(error.message).toContain('`steerflow topics apply` creates it again')
})
