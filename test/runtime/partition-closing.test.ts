import { describe, expect, it } from 'vitest'
import { ClosingPartition } from '../../src/runtime/partition-closing.js'
import type { ClosingRunner } from '../../src/stages/node.js'
import type { CloseReason } from '../../src/stages/stage.js'
import { emission, error, fakePartition, look } from '../support/fake-claim.js'

/** A fold that gathers values, is full at so many, and emits one record that joins them. */
function setUp({ full = 3 } = {}) {
  const fake = fakePartition()
  const { points, claim, context } = fake
  const dropped: string[][] = []
  const reasons: CloseReason[] = []
  const runner: ClosingRunner = {
    kind: 'closing',
    open: async () => {
      await points.pass('open')
      return []
    },
    step: async (group, value) => {
      await points.pass('step')
      const values = group as string[]
      values.push(value.toString())
    },
    full: group => {
      points.passNow('full')
      return (group as string[]).length >= full ? 'records' : null
    },
    close: async (group, end, reason) => {
      await points.pass('close')
      reasons.push(reason)
      return { emissions: [emission('out', `${(group as string[]).join('+')}@${end}`)], made: [] }
    },
    drop: async group => {
      await points.pass('drop')
      dropped.push(group as string[])
    },
  }
  const work = new ClosingPartition(context, runner, claim)
  return { ...fake, work, dropped, reasons, look: () => look(work, claim, 'closing') }
}

const held = (records: number) => ({ held: records, inFlight: 0, pursuing: 0 })

describe('what a look sees of a closing partition', () => {
  it('is neither idle nor sealed while the group of its only record is being opened', async () => {
    const { claim, work, points, look } = setUp()
    claim.publish('a')
    const open = points.hold('open')
    const running = work.run()
    await open.reached
    expect(look()).toEqual({ cut: [], sealed: [], idle: false, quiet: false })
    open.release()
    await expect.poll(() => look().cut).toEqual(['node'])
    expect(work.status()).toMatchObject({ position: 1n, committed: 0n, ...held(1) })
    await work.drain()
    await running
  })

  it.each(['read', 'open', 'step'])('shows work left while it waits in %s', async place => {
    const { claim, work, points, look } = setUp()
    claim.publish('a')
    const at = points.hold(place)
    const running = work.run()
    await at.reached
    expect(look()).toEqual({ cut: [], sealed: [], idle: false, quiet: false })
    at.release()
    await expect.poll(() => work.status().held).toBe(1)
    await work.drain()
    await running
  })

  it.each(['close', 'commit'])('shows its records as held until they are committed, while it waits in %s', async at => {
    const { claim, work, points, look } = setUp()
    claim.publish('a', 'b', 'c')
    const place = points.hold(at)
    const running = work.run()
    await place.reached
    expect(look()).toMatchObject({ sealed: [], idle: false })
    expect(work.status()).toMatchObject({ committed: 0n, position: 3n, ...held(3) })
    place.release()
    await expect.poll(look).toMatchObject({ cut: [], sealed: ['t'], idle: true })
    await work.drain()
    await running
  })

  it('is idle at the end of what it need not hold', async () => {
    const { claim, work, look } = setUp()
    claim.publishForAnother('x')
    claim.control()
    const running = work.run()
    await expect.poll(look).toMatchObject({ sealed: ['t'], idle: true })
    await expect.poll(() => work.status().committed).toBe(2n)
    await work.drain()
    await running
    expect(claim.commits).toEqual([{ from: 0n, to: 2n, outputs: [] }])
  })
})

describe('a closing partition', () => {
  it('commits group after group in order, with the offset behind the last record of each', async () => {
    const { claim, work, look } = setUp()
    claim.publish('a', 'b', 'c', 'd')
    claim.publishForAnother('x')
    claim.publish('e', 'f')
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits).toEqual([
      { from: 0n, to: 3n, outputs: ['out:a+b+c@3'] },
      { from: 3n, to: 7n, outputs: ['out:d+e+f@7'] },
    ])
  })

  it('closes an open group when it is told to, also while it waits for a record', async () => {
    const { claim, work, points, look, reasons } = setUp()
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => look().cut).toEqual(['node'])
    const read = points.hold('read')
    await read.reached
    work.cut('idle')
    read.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect([claim.commits, reasons]).toEqual([[{ from: 0n, to: 1n, outputs: ['out:a@1'] }], ['idle']])
    await work.drain()
    await running
  })

  it('does not forget a wish to close that came while an earlier round ended', async () => {
    const { claim, work, points, look, reasons } = setUp()
    claim.publish('a', 'b')
    const step = points.hold('step')
    const running = work.run()
    await step.reached
    work.cut('idle')
    step.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(reasons).toEqual(['idle'])
    await work.drain()
    await running
  })

  it('does not close the next group for a wish that was of the one before', async () => {
    const { claim, work, points, reasons } = setUp({ full: 1 })
    claim.publish('a')
    const commit = points.hold('commit')
    const running = work.run()
    await commit.reached
    work.cut('idle')
    commit.release()
    await expect.poll(() => work.status().committed).toBe(1n)
    await work.drain()
    await running
    expect(reasons).toEqual(['records'])
  })

  it('commits the letter of a record inside a group with the group', async () => {
    const { claim, work, points, look, events } = setUp()
    claim.publish('a', 'b', 'c', 'd')
    points.fail('step', null, error('STEERFLOW_RECORD_INVALID'))
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits).toEqual([{ from: 0n, to: 4n, outputs: ['out:a+c+d@4', 'letters:STEERFLOW_RECORD_INVALID'] }])
    expect(events.filter(({ event }) => event === 'dead-letter')).toHaveLength(1)
  })

  it('leaves an open group to the next run when it drains, and drops it', async () => {
    const { claim, work, dropped } = setUp()
    claim.publish('a', 'b')
    const running = work.run()
    await expect.poll(() => work.status().held).toBe(2)
    await work.drain()
    await running
    expect([claim.commits, dropped]).toEqual([[], [['a', 'b']]])
  })

  it('drops what it holds when the partition is lost in the middle of a record, and commits nothing more', async () => {
    const { claim, work, points, dropped } = setUp({ full: 1 })
    claim.publish('a')
    const step = points.hold('step')
    const running = work.run()
    await step.reached
    work.drop()
    step.release()
    await running
    expect([claim.commits, dropped]).toEqual([[], [['a']]])
  })
})

describe('a closing partition of which something fails', () => {
  const fatal = error('STEERFLOW_STORAGE', 'the disk')

  it.each([
    ['read', []],
    ['open', []],
    ['step', [[]]],
    ['full', [['a']]],
    ['close', [['a', 'b', 'c']]],
    ['commit', [['a', 'b', 'c']]],
  ] as const)('in %s ends with that failure, drops its group and commits nothing', async (place, groups) => {
    const { claim, work, points, dropped } = setUp()
    claim.publish('a', 'b', 'c')
    points.fail(place, fatal)
    await expect(work.run()).rejects.toBe(fatal)
    await work.drain()
    expect([claim.commits, dropped]).toEqual([[], groups])
    expect(work.status().held).toBe(0)
  })

  it('is neither idle nor sealed while its group is dropped, nor afterwards', async () => {
    const { claim, work, points, look } = setUp()
    claim.publish('a', 'b', 'c')
    points.fail('close', fatal)
    const drop = points.hold('drop')
    const ended = expect(work.run()).rejects.toBe(fatal)
    await drop.reached
    const unread = { cut: [], sealed: [], idle: false, quiet: false }
    expect(look()).toEqual(unread)
    drop.release()
    await ended
    expect(look()).toEqual(unread)
  })

  it('in drop tells the first failure, and whoever drains does not wait for ever', async () => {
    const { claim, work, points } = setUp()
    claim.publish('a')
    points.fail('drop', error('STEERFLOW_STORAGE', 'no permission'))
    const ended = expect(work.run()).rejects.toMatchObject({ message: 'no permission' })
    await expect.poll(() => work.status().held).toBe(1)
    await work.drain()
    await ended
  })

  it('that was fenced commits nothing', async () => {
    const { claim, work, points } = setUp()
    claim.publish('a', 'b', 'c')
    points.fail('commit', error('STEERFLOW_FENCED'))
    await expect(work.run()).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect(claim.commits).toEqual([])
  })

  it('for a moment only waits, says so once, and goes on with the same group', async () => {
    const { claim, work, points, look, events, dropped } = setUp()
    claim.publish('a', 'b', 'c')
    const away = error('STEERFLOW_STORAGE_AWAY', 'asks to be asked later')
    points.fail('close', away, away)
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits).toEqual([{ from: 0n, to: 3n, outputs: ['out:a+b+c@3'] }])
    expect(events.map(({ event }) => event)).toEqual(['waiting', 'resumed', 'cut'])
    expect(dropped).toEqual([])
  })

  it('on a record because the run stops, makes no letter of it', async () => {
    const { claim, work, points, events } = setUp()
    claim.publish('a')
    const step = points.hold('step')
    points.fail('step', new DOMException('stopped', 'AbortError'))
    const running = work.run()
    await step.reached
    work.drop()
    step.release()
    await running
    expect([claim.commits, events]).toEqual([[], []])
  })
})
