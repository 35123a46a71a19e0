import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { offset } from '../../../../../src/runtime/log.js'
import { everything, topic } from '../../../../conformance/support.js'
import { type Kafka, startKafka } from '../../../../support/kafka/kafka.js'
import { kafkaPlace } from '../faults/place.js'
import { forge, type Part } from './forge.js'

let kafka: Kafka
beforeAll(async () => {
  kafka = await startKafka({ properties: { 'transaction.partition.verification.enable': 'false' } })
})
afterAll(() => kafka.stop())

const stands = 3
const everywhere: readonly Part[] = [0, 1, 'offset']

interface Case {
  readonly commit: boolean
  readonly forgotten: readonly Part[]
  readonly fencedSince: boolean
  /** Whether its records and its offset count in the end. */
  readonly counts: boolean
}

describe('a transaction whose end brokers have not written everywhere', () => {
  it.each<[string, Case]>([
    ['committed, nothing forgotten', { commit: true, forgotten: [], fencedSince: false, counts: true }],
    ['committed, forgotten everywhere', { commit: true, forgotten: everywhere, fencedSince: false, counts: true }],
    ['committed, forgotten for the offset', { commit: true, forgotten: ['offset'], fencedSince: false, counts: true }],
    ['committed, forgotten for outputs', { commit: true, forgotten: [0, 1], fencedSince: false, counts: true }],
    ['committed, forgotten in parts', { commit: true, forgotten: [1, 'offset'], fencedSince: false, counts: true }],
    ['aborted, forgotten everywhere', { commit: false, forgotten: everywhere, fencedSince: false, counts: false }],
    ['aborted, forgotten for outputs', { commit: false, forgotten: [0, 1], fencedSince: false, counts: false }],
    ['fenced since, forgotten everywhere', { commit: true, forgotten: everywhere, fencedSince: true, counts: false }],
    ['fenced since, forgotten for outputs', { commit: true, forgotten: [0, 1], fencedSince: true, counts: true }],
  ])('%s: it is ended as one', async (_, { counts, ...forged }) => {
    const { nameOf, open } = await kafkaPlace(kafka.bootstrap)
    const first = await open()
    await first.ensure([topic('in'), topic('out', 2), topic('other')])
    for (let at = 0; at < 9; at++) await first.publish([{ topic: 'in', key: null, value: Buffer.from(String(at)) }])
    const before = await first.claim('g', 'in', 0)
    await before.commit(offset(0), offset(stands), [
      { topic: 'out', partition: 0, key: null, value: Buffer.from('before 0') },
      { topic: 'out', partition: 1, key: null, value: Buffer.from('before 1') },
    ])
    await first.close()
    await forge(kafka.bootstrap, {
      ...forged,
      transactionalId: nameOf('g.in.0'),
      groupId: nameOf('g'),
      inTopic: nameOf('in'),
      outTopic: nameOf('out'),
      otherTopic: nameOf('other'),
      offset: stands + 2,
    })

    const next = await open()
    const claim = await next.claim('g', 'in', 0)
    expect(claim.committed).toBe(offset(counts ? stands + 2 : stands))
    const written = async () => (await everything(next, 'out')).map(({ value }) => value.toString()).sort()
    const records = [...(counts ? ['forged'] : []), 'before'].flatMap(name => [`${name} 0`, `${name} 1`])
    expect(await written()).toEqual(records.sort())
    await claim.commit(claim.committed, offset(7), [
      { topic: 'out', partition: 0, key: null, value: Buffer.from('after 0') },
      { topic: 'out', partition: 1, key: null, value: Buffer.from('after 1') },
    ])
    expect(await written()).toEqual(['after 0', 'after 1', ...records])
    expect((await next.committed('g', 'in')).get(0)).toBe(offset(7))
  })
})
