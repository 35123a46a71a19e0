import { expect, it } from 'vitest'
import type { GroupMember } from '../../src/runtime/log-admin.js'
import { lagOf, nodeLags } from '../../src/runtime/lag.js'
import { offset } from '../../src/runtime/log.js'
import { pipeline } from '../../src/pipeline.js'
import { testLog } from '../support/pipelines.js'

const at = (start: number, end: number) => ({ partition: 0, start: offset(start), end: offset(end) })

it.each([
  ['nothing read', 0, 10, undefined, false, { lag: 10n, behind: 10n, held: 0n, gone: 0n, state: 'behind' }],
  ['some read', 0, 10, 4, false, { lag: 6n, behind: 6n, held: 0n, gone: 0n, state: 'behind' }],
  ['all read', 0, 10, 10, false, { lag: 0n, behind: 0n, held: 0n, gone: 0n, state: 'done' }],
  ['held by a seal', 0, 10, 4, true, { lag: 6n, behind: 0n, held: 6n, gone: 0n, state: 'held' }],
  ['below the start', 7, 10, 4, false, { lag: 3n, behind: 3n, held: 0n, gone: 3n, state: 'lost' }],
  ['behind the end', 0, 10, 12, false, { lag: 0n, behind: 0n, held: 0n, gone: 0n, state: 'done' }],
] as const)('%s', (_, start, end, committed, gathers, lag) => {
  const read = committed === undefined ? undefined : offset(committed)
  expect(lagOf(at(start, end), read, gathers)).toMatchObject(lag)
})

it('an offset that brokers have forgotten is lost', () => {
  expect(lagOf(at(0, 10), undefined, false, true).state).toBe('lost')
})

it('nodes have members where partitions are shared, and owners of partitions', async () => {
  const [preprocess] = pipeline
  const log = await testLog([preprocess!.from.name])
  await log.publish([{ topic: preprocess!.from.name, partition: 1, key: null, value: Buffer.alloc(1) }])
  expect(await nodeLags(log, [preprocess!])).toMatchObject([
    {
      node: 'preprocess',
      members: null,
      partitions: [
        { state: 'done', owner: null },
        { state: 'behind', owner: null },
      ],
    },
  ])
  const member: GroupMember = { id: 'm', client: 'c', host: 'h', partitions: [1] }
  const admin = { members: async () => [member], forgotten: async () => new Set([0]) }
  Object.defineProperty(log, 'admin', { value: admin })
  expect(await nodeLags(log, [preprocess!])).toMatchObject([
    {
      members: [member],
      partitions: [
        { state: 'lost', owner: null },
        { state: 'behind', owner: 'c@h' },
      ],
    },
  ])
})
