import { describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { topicSettings } from '../../src/adapters/log/kafka/topic-settings.js'
import type { Log, TopicSpec } from '../../src/runtime/log.js'
import { makeTopics, planTopics, topicPlan } from '../../src/runtime/topic-plan.js'
import { temporary } from '../support/pipelines.js'

const forever = { keep: 'forever' } as const
const spec = (name: string, partitions: number, retention: TopicSpec['retention'] = forever): TopicSpec => ({
  name,
  partitions,
  retention,
})

const settings = { replicationFactor: 3, maxMessageBytes: 1000 }
const asMade = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'max.message.bytes': '1000',
  'compression.type': 'producer',
  'replication.factor': '3',
}
const plan = (declared: TopicSpec, partitions: number, changed: Record<string, string> = {}) =>
  planTopics(
    [declared],
    [{ name: 'a', partitions, settings: new Map(Object.entries({ ...asMade, ...changed })) }],
    one => topicSettings(one, settings),
  )[0]!

describe('a topic', () => {
  it('that is missing is to be created', () => {
    expect(planTopics([spec('b', 4)], [], () => [])).toEqual([
      { topic: 'b', action: 'create', now: null, wanted: 4, drift: [] },
    ])
  })

  it('as it was declared needs nothing', () => {
    expect(plan(spec('a', 4), 4)).toEqual({ topic: 'a', action: 'none', now: 4, wanted: 4, drift: [] })
  })

  it('with fewer partitions may grow', () => expect(plan(spec('a', 8), 4)).toMatchObject({ action: 'grow', drift: [] }))

  it('with more partitions has drifted', () => {
    expect(plan(spec('a', 2), 4)).toMatchObject({
      action: 'none',
      drift: [{ setting: 'partitions', is: '4', wanted: '2' }],
    })
  })

  it.each([
    ['cleanup.policy', 'compact', 'delete'],
    ['retention.ms', '604800000', '-1'],
    ['retention.bytes', '1000', '-1'],
    ['max.message.bytes', '999', '1000'],
    ['compression.type', 'gzip', 'producer'],
    ['replication.factor', '1', '3'],
  ])('whose %s is %s instead of %s has drifted', (setting, is, wanted) => {
    const [drift, ...others] = plan(spec('a', 4), 4, { [setting]: is }).drift
    expect(drift).toMatchObject({ setting, is, wanted })
    expect(others).toEqual([])
  })

  it.each([
    ['max.message.bytes', '2000'],
    ['replication.factor', '5'],
  ])('whose %s is larger has not', (setting, is) => {
    expect(plan(spec('a', 4), 4, { [setting]: is }).drift).toEqual([])
  })

  it('that keeps the latest of each key must be compacted', () => {
    const latest = spec('a', 4, { keep: 'latest' })
    expect(plan(latest, 4, { 'cleanup.policy': 'compact' }).drift).toEqual([])
    expect(plan(latest, 4).drift).toMatchObject([{ setting: 'cleanup.policy', is: 'delete', wanted: 'compact' }])
  })

  it('may have any replicas where the broker chooses, and what is not told has not drifted', () => {
    const expected = topicSettings(spec('a', 1), { ...settings, replicationFactor: -1 })
    expect(expected.map(({ setting }) => setting)).not.toContain('replication.factor')
    const stored = { name: 'a', partitions: 1, settings: new Map<string, string>() }
    expect(planTopics([spec('a', 1)], [stored], () => expected)[0]!.drift).toEqual([])
  })
})

/** An embedded log that says of itself that its partitions are shared out. */
async function sharedLog(): Promise<Log> {
  const log = await openEmbeddedLog({ dir: temporary() })
  return Object.defineProperty(log, 'features', { value: { ...log.features, sharesPartitions: true } })
}

describe('making topics', () => {
  it('where partitions are shared grows none unless told so', async () => {
    const log = await sharedLog()
    await makeTopics(log, [spec('a', 2)])
    await makeTopics(log, [spec('a', 4), spec('b', 3)])
    expect((await log.topics()).map(({ name, partitions }) => [name, partitions])).toEqual([
      ['a', 2],
      ['b', 3],
    ])
    await makeTopics(log, [spec('a', 4)], true)
    expect(await topicPlan(log, [spec('a', 4), spec('b', 3)])).toMatchObject([{ action: 'none' }, { action: 'none' }])
    await log.close()
  })

  it('where one process has them all grows them', async () => {
    const log = await openEmbeddedLog({ dir: temporary() })
    await makeTopics(log, [spec('a', 2)])
    await makeTopics(log, [spec('a', 4)])
    expect(await log.topics()).toMatchObject([{ partitions: 4 }])
    await log.close()
  })
})
