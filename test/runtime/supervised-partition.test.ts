import { describe, expect, it } from 'vitest'
import { ClosingPartition } from '../../src/runtime/partition-closing.js'
import { LastingPartition } from '../../src/runtime/partition-lasting.js'
import { EachPartition } from '../../src/runtime/partition-each.js'
import type { PartitionWork } from '../../src/runtime/partition.js'
import { SupervisedPartition } from '../../src/runtime/supervised-partition.js'
import { emission, error, fakePartition, look } from '../support/fake-claim.js'

const fatal = error('STEERFLOW_STORAGE', 'no permission')

/**
 * A partition of records, of groups of three, or of groups that last, under supervision; it fails at `run`, at `open` and
 * `close`, or at `act`.
 */
function setUp(kind: 'each' | 'closing' | 'lasting', { failFast = false } = {}) {
  const fake = fakePartition({ failFast })
  const { points, claim, context } = fake
  const begun: PartitionWork[] = []
  // Of a fold that lasts: the state of each beginning, rebuilt from the start of the topic.
  const states: string[][] = []
  const works = {
    each: (watched: typeof claim): PartitionWork =>
      new EachPartition(
        context,
        {
          kind: 'each',
          run: async value => {
            await points.pass('run')
            return [emission('out', value.toString())]
          },
        },
        watched,
      ),
    closing: (watched: typeof claim): PartitionWork =>
      new ClosingPartition(
        context,
        {
          kind: 'closing',
          open: async () => {
            await points.pass('open')
            return []
          },
          step: async (group, value) => void (group as string[]).push(value.toString()),
          full: group => ((group as string[]).length >= 3 ? 'records' : null),
          close: async group => {
            await points.pass('close')
            return { emissions: [emission('out', (group as string[]).join('+'))], made: [] }
          },
          drop: async () => points.passNow('drop'),
        },
        watched,
      ),
    lasting: (watched: typeof claim): PartitionWork => {
      const seen: string[] = []
      states.push(seen)
      return new LastingPartition(
        context,
        {
          kind: 'lasting',
          step: value => {
            seen.push(value.toString())
            return async () => {
              await points.pass('act')
              return [emission('out', value.toString())]
            }
          },
          pursuits: () => [],
          idle: () => [],
          timer: () => [],
        },
        watched,
      )
    },
  }
  const work = new SupervisedPartition(claim, {
    trouble: context.trouble,
    failFast,
    waits: { first: 1, most: 4 },
    begin: watched => {
      points.passNow('begin')
      const made = works[kind](watched as typeof claim)
      begun.push(made)
      return made
    },
  })
  const told = () => fake.events.map(({ event }) => event)
  return { ...fake, work, begun, states, told, look: () => look(work, claim, kind) }
}

describe('a partition under supervision', () => {
  it.each([
    ['each', 'begin'],
    ['each', 'run'],
    ['each', 'rewind'],
    ['closing', 'begin'],
    ['closing', 'open'],
    ['closing', 'close'],
    ['lasting', 'begin'],
    ['lasting', 'act'],
  ] as const)('of %s that fails in %s begins anew where it has committed, and goes on', async (kind, place) => {
    const { claim, work, points, states, look, told, events } = setUp(kind)
    claim.publish('a', 'b', 'c')
    points.fail(place, fatal, fatal)
    if (place === 'rewind') points.fail('run', fatal)
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.published).toEqual(kind === 'closing' ? ['a+b+c'] : ['a', 'b', 'c'])
    if (kind === 'lasting') expect(states.at(-1)).toEqual(['a', 'b', 'c'])
    expect(told().filter(event => event !== 'cut')).toEqual(['paused', 'resumed'])
    expect(events[0]).toMatchObject({ node: 'node', partition: 0, code: 'STEERFLOW_STORAGE', cause: 'no permission' })
  })

  it('says why it is paused, and is not idle meanwhile, although nothing is left to read', async () => {
    const { claim, work, points, look } = setUp('each')
    const began = points.hold('rewind')
    points.fail('read', fatal)
    const running = work.run()
    await began.reached
    expect(work.status()).toMatchObject({
      position: 0n,
      inFlight: 0,
      trouble: { state: 'paused', error: fatal, attempts: 1 },
    })
    expect(look()).toMatchObject({ idle: false, sealed: [] })
    expect(await work.idle({ sealed: [], now: 0 })).toBe(false)
    began.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(claim.commits).toEqual([])
    await work.drain()
    await running
  })

  it('counts on while it fails at the same place, and tells of it once', async () => {
    const { claim, work, points, told, look } = setUp('each')
    claim.publish('a')
    points.fail('run', ...Array.from({ length: 6 }, () => fatal))
    const held = points.hold('rewind')
    const running = work.run()
    await held.reached
    held.release()
    await expect.poll(() => points.reached.get('run')).toBe(7)
    await expect.poll(look).toMatchObject({ idle: true })
    expect(told()).toEqual(['paused', 'resumed'])
    await work.drain()
    await running
    expect(claim.published).toEqual(['a'])
  })

  it('keeps what was committed, and repeats only the rest', async () => {
    const { claim, work, points, look } = setUp('each')
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => work.status().committed).toBe(1n)
    points.fail('run', fatal)
    claim.publish('b', 'c')
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.published).toEqual(['a', 'b', 'c'])
  })

  it('makes a refused commit again, and keeps what was worked out for it', async () => {
    const { claim, work, points, begun, told } = setUp('each')
    claim.publish('a')
    points.fail('commit', error('STEERFLOW_LOG_FULL'))
    const running = work.run()
    await expect.poll(() => work.status().committed).toBe(1n)
    expect([points.reached.get('run'), begun.length, told()]).toEqual([1, 1, ['paused', 'resumed']])
    await work.drain()
    await running
  })

  it('ends at once when it is fenced, when the log met what it rules out, and at its first failure where that is asked for', async () => {
    for (const [place, failure, failFast] of [
      ['commit', error('STEERFLOW_FENCED'), false],
      ['commit', error('STEERFLOW_BUG'), false],
      ['read', error('STEERFLOW_BUG'), false],
      ['run', fatal, true],
      ['commit', error('STEERFLOW_LOG_FULL'), true],
    ] as const) {
      const { claim, work, points, begun } = setUp('each', { failFast })
      claim.publish('a')
      points.fail(place, failure)
      await expect(work.run()).rejects.toBe(failure)
      expect([begun.length, claim.commits]).toEqual([1, []])
    }
  })

  it.each(['drain', 'drop'] as const)('ends at once on %s while it is paused', async end => {
    const { claim, work, points } = setUp('each')
    claim.publish('a')
    points.fail('begin', ...Array.from({ length: 1000 }, () => fatal))
    const running = work.run()
    await expect.poll(() => work.status().trouble?.attempts).toBeGreaterThan(1)
    await work[end]()
    await running
    expect(claim.commits).toEqual([])
  })
})
