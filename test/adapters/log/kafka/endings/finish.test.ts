import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../../src/adapters/log/kafka/cluster.js'
import { compactArray, compactString, int32, noTags } from '../../../../../src/adapters/log/kafka/compact.js'
import { Endings } from '../../../../../src/adapters/log/kafka/endings/finish.js'

const load = createRequire(import.meta.url)
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as { createErrorFromCode: (code: number) => Error }

const out = 'x.out'
const offsets = '__consumer_offsets'
const writer = { transactionalId: 'x.g.in.0', groupId: 'x.g', transactionTimeoutMs: 1000 }

interface Brokers {
  /** What the coordinator says, one after the other; the last again and again. */
  readonly states: readonly string[]
  /** Where this transaction's producer has something open. */
  readonly open?: readonly string[]
  /** Topics that nobody may look into. */
  readonly hidden?: readonly string[]
  readonly leaderless?: readonly string[]
  /** The producer that the next writer becomes. */
  readonly producerId?: string
  readonly old?: boolean
  /** Errors with which the first questions are answered: by the coordinator of what it knows, and by leaders. */
  readonly refusals?: { readonly coordinator?: readonly number[]; readonly leader?: readonly number[] }
  /** Of the first requests by which a writer is opened. */
  readonly busy?: readonly number[]
  /** How many ends fail. */
  readonly unreachable?: number
}

/** One broker that answers in Kafka's encoding, and what it was told to do. */
function fake({
  states,
  open = [],
  hidden = [],
  leaderless = [],
  producerId = '7',
  old = false,
  refusals = {},
  busy = [],
  unreachable = 0,
}: Brokers) {
  const told: unknown[] = []
  const left = [...states]
  let failures = unreachable
  const [coordinatorErrors, leaderErrors, opening] = [
    [...(refusals.coordinator ?? [])],
    [...(refusals.leader ?? [])],
    [...busy],
  ]
  const transaction = (): Buffer => {
    const refusal = coordinatorErrors.shift()
    if (refusal !== undefined) {
      const nothing = [compactString(''), Buffer.alloc(12), int64(-1n), int16(-1), compactArray([]), noTags]
      return answer(compactArray([Buffer.concat([int16(refusal), compactString(writer.transactionalId), ...nothing])]))
    }
    const state = left.length > 1 ? left.shift()! : left[0]!
    const places = compactArray([Buffer.concat([compactString(out), compactArray([int32(0)]), noTags])])
    const body = [int16(0), compactString(writer.transactionalId), compactString(state), Buffer.alloc(12), int64(7n)]
    return answer(compactArray([Buffer.concat([...body, int16(3), places, noTags])]))
  }
  const producers = (): Buffer =>
    answer(
      compactArray(
        [out, offsets].map(topic => {
          const started = open.includes(topic) ? 40n : -1n
          const one = Buffer.concat([int64(7n), Buffer.alloc(20), int64(started), noTags])
          const another = Buffer.concat([int64(8n), Buffer.alloc(20), int64(50n), noTags])
          const error = leaderErrors.shift() ?? (hidden.includes(topic) ? 29 : 0)
          const partition = [int32(0), int16(error), Buffer.alloc(1), compactArray([one, another]), noTags]
          return Buffer.concat([compactString(topic), compactArray([Buffer.concat(partition)]), noTags])
        }),
      ),
    )
  const note =
    (name: string) =>
    async (request: object): Promise<void> => {
      told.push([name, request])
    }
  const broker = {
    versions: old ? {} : { 61: {}, 65: {} },
    connectionPool: {
      send: async ({ request, response }: Exchange) =>
        response.parse(await response.decode(request.apiKey === 65 ? transaction() : producers())),
    },
    metadata: async ([topic]: readonly string[]) => {
      if (leaderless.includes(topic!)) throw createErrorFromCode(5)
      return { topicMetadata: [{ topic, partitionMetadata: [{ partitionId: 0, leader: 1 }] }] }
    },
    initProducerId: async () => {
      const refusal = opening.shift()
      if (refusal !== undefined) throw createErrorFromCode(refusal)
      return { producerId, producerEpoch: 4 }
    },
    addPartitionsToTxn: note('partitions'),
    addOffsetsToTxn: note('offsets'),
    endTxn: async (request: object) => {
      if (failures-- > 0) throw Object.assign(new Error('no'), { name: 'KafkaJSNonRetriableError' })
      await note('end')(request)
    },
  }
  const cluster = { findGroupCoordinator: async () => broker, findBroker: async () => broker } as unknown as Cluster
  const said: string[] = []
  const endings = new Endings(
    cluster,
    () => [out],
    level => said.push(level),
  )
  return { finish: () => endings.finish(writer), producer: () => endings.producer(writer.transactionalId), told, said }
}

const by = { transactionalId: writer.transactionalId, producerId: '7', producerEpoch: 4 }
const outputs = ['partitions', { ...by, topics: [{ topic: out, partitions: [0] }] }]
const groups = ['offsets', { ...by, groupId: 'x.g' }]
const ended = (commit: boolean) => ['end', { ...by, transactionResult: commit }]

describe('endings', () => {
  it.each<[string, Brokers, readonly unknown[]]>([
    ['nothing is open', { states: ['CompleteCommit'] }, []],
    ['outputs are open', { states: ['CompleteCommit'], open: [out] }, [outputs, ended(true)]],
    ['all is open', { states: ['CompleteAbort'], open: [out, offsets] }, [outputs, groups, ended(false)]],
    ['offsets may not be seen', { states: ['CompleteCommit'], hidden: [offsets] }, [groups, ended(true)]],
    ['offsets may not be seen and nothing was decided', { states: ['Empty'], hidden: [offsets] }, []],
    ['the decision is gone', { states: ['Empty'], open: [out, offsets] }, [outputs, groups, ended(false)]],
    ['the decision is gone, the offset counts', { states: ['Empty'], open: [out] }, [outputs, ended(true)]],
    [
      'the end is being written',
      { states: ['PrepareCommit', 'PrepareCommit', 'CompleteCommit'], open: [out] },
      [outputs, ended(true)],
    ],
    ['it is under way', { states: ['Ongoing'] }, []],
    ['it is under way, and one before it is open', { states: ['Ongoing'], open: [out] }, [outputs, ended(true)]],
    ['it is in a state that nobody knows here', { states: ['Dead'], open: [out, offsets] }, []],
    ['brokers are older than these requests', { states: ['CompleteCommit'], open: [out], old: true }, []],
  ])('%s', async (_, brokers, told) => {
    const endings = fake(brokers)
    await endings.finish()
    expect(endings.told).toEqual(told)
    expect(endings.said).toEqual(told.length === 0 ? [] : told.includes(outputs) ? ['warn'] : ['debug'])
  })

  it('what is under way is not aborted while a partition of it has no leader', async () => {
    const endings = fake({ states: ['Ongoing'], leaderless: [out] })
    await expect(endings.finish()).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_BUSY' })
  })

  // Loading, not available, not coordinator, ending another one; not the leader, not heard of it, a disk.
  it.each([14, 15, 16, 51])('a coordinator that answers %i is asked again', async error => {
    const endings = fake({ states: ['CompleteCommit'], open: [out], refusals: { coordinator: [error, error] } })
    await endings.finish()
    expect(endings.told).toEqual([outputs, ended(true)])
    expect(await fake({ states: ['Empty'], refusals: { coordinator: [error] } }).producer()).toBe('7/3')
    const busy = fake({ states: ['CompleteCommit'], open: [out], busy: [error, error] })
    await busy.finish()
    expect(busy.told).toEqual([outputs, ended(true)])
  })

  it.each([3, 5, 6, 56, 74])('a leader that answers %i is asked again', async error => {
    const endings = fake({ states: ['CompleteCommit'], open: [out], refusals: { leader: [error] } })
    await endings.finish()
    expect(endings.told).toEqual([outputs, ended(true)])
  })

  it.each([53, 31])('whoever may not ask (%i) is told so at once', async error => {
    const endings = fake({ states: ['CompleteCommit'], refusals: { coordinator: [error] } })
    await expect(endings.finish()).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_REFUSED' })
  })

  it('ends as was decided, though the coordinator has forgotten it by the time that it can be reached', async () => {
    const endings = fake({ states: ['CompleteCommit', 'Empty'], open: [out, offsets], unreachable: 1 })
    await expect(endings.finish()).rejects.toMatchObject({ code: 'STEERFLOW_KAFKA_FAILED' })
    expect(endings.told).toEqual([outputs, groups])
    await endings.finish()
    expect(endings.told.slice(2)).toEqual([outputs, groups, ended(true)])
  })

  it('knows as whom is written now', async () => {
    expect(await fake({ states: ['Empty'] }).producer()).toBe('7/3')
    expect(await fake({ states: ['Empty'], old: true }).producer()).toBeNull()
  })

  it('says so when the producer is another by now', async () => {
    const endings = fake({ states: ['CompleteCommit'], open: [out], producerId: '9' })
    await endings.finish()
    expect(endings.told).toEqual([])
    expect(endings.said).toEqual(['error'])
  })
})

const answer = (body: Buffer): Buffer => Buffer.concat([noTags, int32(0), body, noTags])

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

interface Exchange {
  readonly request: { readonly apiKey: number }
  readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): unknown }
}
