import { expect, test } from 'vitest'
import { type Assignee, type Claim, offset } from '../../../../src/runtime/log.js'
import { deployment } from './open.js'

const forever = { keep: 'forever' } as const
const topic = (name: string, partitions = 4) => ({ name, partitions, retention: forever })

/** A member that notes what it holds, and gives back when it is told to. */
function member() {
  const held = new Map<number, Claim>()
  const told = { lost: [] as number[], revoked: [] as number[], failed: [] as Error[] }
  let finish: () => void = () => undefined
  let finished: Promise<void> = Promise.resolve()
  const assignee: Assignee = {
    assigned: claim => void held.set(claim.partition, claim),
    lost: claim => {
      told.lost.push(claim.partition)
      held.delete(claim.partition)
    },
    revoked: async claim => {
      told.revoked.push(claim.partition)
      await finished
      held.delete(claim.partition)
    },
    failed: error => void told.failed.push(error),
  }
  return {
    assignee,
    held,
    told,
    partitions: () => [...held.keys()].sort(),
    /** From now on what is revoked is held on to, until the returned function is called. */
    holdOn: () => {
      finished = new Promise(resolve => (finish = resolve))
      return () => finish()
    },
  }
}

test('a partition goes to a new member when the old one has finished, and all others go on undisturbed', async () => {
  const { open } = deployment()
  const [one, two] = [await open(), await open()]
  await one.ensure([topic('in'), topic('out', 1)])
  const [first, second] = [member(), member()]
  await one.join('g', 'in', first.assignee)
  await expect.poll(first.partitions).toEqual([0, 1, 2, 3])
  const before = new Map(first.held)

  const letGo = first.holdOn()
  const membership = await two.join('g', 'in', second.assignee)
  await expect.poll(() => first.told.revoked.length).toBe(2)
  // What is revoked can still be finished, and nobody else has it meanwhile.
  const leaving = first.held.get(first.told.revoked[0]!)!
  await leaving.commit(offset(0), offset(0), [{ topic: 'out', key: null, value: Buffer.from('late') }])
  expect(second.partitions()).toEqual([])
  letGo()
  await expect.poll(second.partitions).toEqual([...first.told.revoked].sort())
  expect(first.partitions()).toHaveLength(2)
  for (const [partition, claim] of first.held) expect(claim).toBe(before.get(partition))
  expect(first.told).toMatchObject({ lost: [], failed: [] })

  await membership.leave()
  await expect.poll(first.partitions).toEqual([0, 1, 2, 3])
})

test('a member that is fenced opens its claim again once it is known to be entitled', async () => {
  const { open } = deployment()
  const [log, stranger] = [await open(), await open()]
  await log.ensure([topic('in', 1)])
  const { assignee, held, told } = member()
  await log.join('g', 'in', assignee)
  await expect.poll(() => held.size).toBe(1)
  const old = held.get(0)!
  await stranger.claim('g', 'in', 0)
  await expect(old.commit(offset(0), offset(0), [])).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  expect(told.lost).toEqual([0])
  await expect.poll(() => held.get(0)).toBeDefined()
  await held.get(0)!.commit(offset(0), offset(0), [])
})

test('the first commit of a group that has committed nothing is there for lag monitors, and not taken for progress', async () => {
  const { open, options } = deployment()
  const log = await open()
  await log.ensure([topic('in', 2)])
  const { assignee, held } = member()
  await log.join('g', 'in', assignee)
  await expect.poll(() => held.size).toBe(2)
  expect(await log.committed('g', 'in')).toEqual(new Map())
  const { Kafka, logLevel } = await import('../../../../src/adapters/log/kafka/kafkajs.js')
  const admin = new Kafka({ brokers: options.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const group = { groupId: `${options.namespace}.g`, topics: [`${options.namespace}.in`] }
  const [found] = await admin.fetchOffsets(group)
  await admin.disconnect()
  expect(found!.partitions.map(({ offset: at }) => at)).toEqual(['0', '0'])
})
