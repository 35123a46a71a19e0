import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { spreadOf } from '../../../../src/adapters/log/kafka/spread.js'

const load = createRequire(import.meta.url)
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as { createErrorFromCode: (code: number) => Error }

const unknown = createErrorFromCode(3)
const leaderless = createErrorFromCode(5)
const refused = Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' })

type Answer = number | Error | 'hangs'

/** Brokers, each of which knows so many partitions of every topic, or throws, or hangs. */
function clusterOf(answers: readonly Answer[]): Parameters<typeof spreadOf>[0] {
  const brokers = answers.map((_, nodeId) => ({ nodeId }))
  const metadata = async (answer: Answer, topics: readonly string[]) => {
    if (answer === 'hangs') return new Promise<never>(() => undefined)
    if (answer instanceof Error) throw answer
    const partitionMetadata = Array.from({ length: answer }, (_, partitionId) => ({ partitionId }))
    return { brokers, topicMetadata: topics.map(topic => ({ topic, partitionMetadata })) }
  }
  const findBroker = async ({ nodeId }: { readonly nodeId: string }) => ({
    metadata: (topics: readonly string[]) => metadata(answers[Number(nodeId)]!, topics),
  })
  return { brokerPool: { metadata: { brokers } }, findBroker } as unknown as Parameters<typeof spreadOf>[0]
}

const wanted = new Map([
  ['a', 1],
  ['b', 3],
])

describe('spreadOf', () => {
  it.each<[string, readonly Answer[], string]>([
    ['all brokers know every partition and its leader', [3, 3, 4], 'led'],
    ['a broker does not know a topic', [3, unknown, 3], 'partial'],
    ['a broker knows fewer partitions', [3, 2, 3], 'partial'],
    ['a partition has no leader', [3, leaderless, 3], 'known'],
    ['a broker does not know what another has no leader for', [leaderless, unknown], 'partial'],
    ['a broker is away', [refused, 3, 3], 'led'],
    ['a broker is away and another does not know a topic', [refused, unknown], 'partial'],
    ['there are no brokers yet', [], 'partial'],
  ])('%s', async (_, answers, spread) => {
    expect(await spreadOf(clusterOf(answers), wanted)).toBe(spread)
  })

  it('passes on why no broker answers', async () => {
    await expect(spreadOf(clusterOf([refused, refused]), wanted)).rejects.toBe(refused)
  })

  it('goes on without a broker that hangs', async () => {
    expect(await spreadOf(clusterOf([3, 'hangs']), wanted, 20)).toBe('led')
  })

  it('knows of nothing while all brokers hang', async () => {
    expect(await spreadOf(clusterOf(['hangs', 'hangs']), wanted, 20)).toBe('partial')
  })
})
