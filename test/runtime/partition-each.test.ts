import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { type LogRecord, offset } from '../../src/runtime/log.js'
import { CommitWindow, EachPartition } from '../../src/runtime/partition-each.js'
import type { EachRunner } from '../../src/stages/node.js'
import { emission, error, fakePartition, look } from '../support/fake-claim.js'
import type { RepeatWait } from '../../src/stages/stage.js'

describe('the window of a partition', () => {
  const record = (at: number, bytes = 1): LogRecord => ({
    topic: 't',
    partition: 0,
    offset: offset(at),
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
    timestamp: 0,
  })
  const limits = { records: 10, bytes: 1000 }

  it('nothing can be committed before the first record is finished', () => {
    const window = new CommitWindow(limits, offset(0))
    const [first, second] = window.push([record(0), record(1)], offset(2))
    second!.outputs = []
    expect(window.prefix(offset(0))).toBeNull()
    first!.outputs = []
    expect(window.prefix(offset(0))).toMatchObject({ items: 2, to: 2n })
  })

  it('the end of the window carries over aborted records behind it', () => {
    const window = new CommitWindow(limits, offset(0))
    for (const item of window.push([record(0)], offset(5))) item.outputs = []
    expect(window.prefix(offset(0))?.to).toBe(5n)
    window.shift(1)
    window.push([], offset(9))
    expect(window.prefix(offset(5))).toMatchObject({ items: 0, to: 9n, outputs: [] })
  })

  it('a record beyond the bound of bytes is let in alone', () => {
    const window = new CommitWindow(limits, offset(0))
    expect(window.room).toEqual({ records: 10, bytes: 1000 })
    window.push([record(0, 5000)], offset(1))
    expect(window.room).toEqual({ records: 0, bytes: 0 })
  })

  it('whatever order records finish in, commits move forward over finished records only', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(20).keys()], { minLength: 20, maxLength: 20 }), order => {
        const window = new CommitWindow({ records: 100, bytes: 1000 }, offset(0))
        const items = window.push(
          order.map((_, at) => record(at)),
          offset(20),
        )
        const finished = new Set<number>()
        let committed = offset(0)
        for (const index of order) {
          items[index]!.outputs = []
          finished.add(index)
          const prefix = window.prefix(committed)
          if (!prefix) continue
          for (let at = Number(committed); at < Number(prefix.to); at++) expect(finished.has(at)).toBe(true)
          committed = prefix.to
          window.shift(prefix.items)
        }
        expect(committed).toBe(20n)
        expect(window.size).toBe(0)
      }),
    )
  })
})

/** A stage that answers `a` with `out:a`. A record `xN` waits at the place of that name. */
function setUp(options: Parameters<typeof fakePartition>[0] = {}) {
  const fake = fakePartition(options)
  const { points, claim, context } = fake
  const ran: string[] = []
  const runner: EachRunner = {
    kind: 'each',
    run: async value => {
      const text = value.toString()
      ran.push(text)
      await points.pass(text.startsWith('x') ? text : 'run')
      return [emission('out', text)]
    },
  }
  const work = new EachPartition(context, runner, claim)
  return { ...fake, work, ran, look: () => look(work, claim, 'each') }
}

describe('what a look sees of a partition of records', () => {
  it.each(['read', 'run', 'commit'])('shows work left while it waits in %s', async place => {
    const { claim, work, points, look } = setUp()
    claim.publish('a')
    const at = points.hold(place)
    const running = work.run()
    await at.reached
    expect(look().idle).toBe(false)
    at.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(work.status()).toMatchObject({ committed: 1n, position: 1n })
    await work.drain()
    await running
  })

  it('commits over control records behind the last record', async () => {
    const { claim, work } = setUp()
    claim.publish('a')
    claim.control()
    const running = work.run()
    await expect.poll(() => work.status().committed).toBe(2n)
    await work.drain()
    await running
  })
})

describe('a partition of records', () => {
  it('finishes in any order and commits in order', async () => {
    const { claim, work, points, look, ran } = setUp()
    const first = points.hold('x0')
    claim.publish('x0', 'b', 'c')
    const running = work.run()
    await first.reached
    await expect.poll(() => ran).toEqual(['x0', 'b', 'c'])
    expect(claim.commits).toEqual([])
    first.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(claim.published).toEqual(['x0', 'b', 'c'])
    expect(claim.commits.map(({ from }) => from)).toEqual(claim.commits.map(({ from }) => from).toSorted())
    await work.drain()
    await running
  })

  it('takes in no more records than its window holds', async () => {
    const { claim, work, points } = setUp({ window: 3, permits: 10 })
    const first = points.hold('x0')
    claim.publish('x0', ...'bcdefgh')
    const running = work.run()
    await first.reached
    await expect.poll(() => work.status().inFlight).toBe(3)
    expect(work.status().position).toBe(3n)
    first.release()
    await expect.poll(() => work.status().committed).toBe(8n)
    await work.drain()
    await running
    expect(claim.published).toEqual(['x0', ...'bcdefgh'])
  })

  it('works on no more records at a time than there are permits', async () => {
    const { claim, work, points, ran } = setUp({ permits: 2 })
    const places = [points.hold('x0'), points.hold('x1')]
    claim.publish('x0', 'x1', 'c')
    const running = work.run()
    await Promise.all(places.map(({ reached }) => reached))
    expect(ran).toEqual(['x0', 'x1'])
    for (const place of places) place.release()
    await expect.poll(() => work.status().committed).toBe(3n)
    await work.drain()
    await running
  })

  it('passes by what is for another node', async () => {
    const { claim, work, ran } = setUp()
    claim.publishForAnother('b')
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => work.status().committed).toBe(2n)
    await work.drain()
    await running
    expect([ran, claim.published]).toEqual([['a'], ['a']])
  })

  it('commits what was started when it drains, and leaves the rest', async () => {
    const { claim, work, points } = setUp({ permits: 1 })
    const first = points.hold('x0')
    claim.publish('x0', 'b')
    const running = work.run()
    await first.reached
    const draining = work.drain()
    first.release()
    await draining
    await running
    expect([claim.published, claim.stored]).toEqual([['x0'], 1n])
  })

  it('forgets what is under way when it is dropped', async () => {
    const { claim, work, points } = setUp()
    const first = points.hold('x0')
    claim.publish('x0')
    const running = work.run()
    await first.reached
    work.drop()
    first.release()
    await running
    expect(claim.commits).toEqual([])
  })
})

describe('a partition of records of which something fails', () => {
  const fatal = error('STEERFLOW_STORAGE', 'the disk')

  it.each(['read', 'run', 'commit'])('in %s ends with that failure and commits nothing', async place => {
    const { claim, work, points } = setUp()
    claim.publish('a')
    points.fail(place, fatal)
    await expect(work.run()).rejects.toBe(fatal)
    expect([claim.commits, claim.published]).toEqual([[], []])
  })

  it('on one record loses none of those before it', async () => {
    const { claim, work, points } = setUp({ permits: 1 })
    claim.publish('a', 'x1', 'c')
    const second = points.hold('x1')
    points.fail('x1', fatal)
    const ended = expect(work.run()).rejects.toBe(fatal)
    await second.reached
    await expect.poll(() => work.status().committed).toBe(1n)
    second.release()
    await ended
    expect([claim.published, claim.stored]).toEqual([['a'], 1n])
  })

  it('makes a letter of a record that cannot pass; its neighbours go on', async () => {
    const { claim, work, points, look } = setUp({ permits: 1 })
    claim.publish('a', 'x1', 'c')
    points.fail('x1', new TypeError('unforeseen'))
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits.flatMap(({ outputs }) => outputs)).toEqual([
      'out:a',
      'letters:STEERFLOW_STAGE_FAILED',
      'out:c',
    ])
  })

  it('makes a letter of a record whose output is larger than the log takes', async () => {
    const { claim, work, look } = setUp({ maxValueBytes: 10 })
    claim.publish('a', 'this is too large', 'c')
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits.flatMap(({ outputs }) => outputs)).toContain('letters:STEERFLOW_RECORD_TOO_LARGE')
  })

  it('for a moment is waited out', async () => {
    const { claim, work, points, look } = setUp()
    claim.publish('a')
    points.fail('run', error('STEERFLOW_OUTAGE'), error('STEERFLOW_OUTAGE'))
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.published).toEqual(['a'])
  })

  it('that was fenced commits nothing', async () => {
    const { claim, work, points } = setUp()
    claim.publish('a')
    points.fail('commit', error('STEERFLOW_FENCED'))
    await expect(work.run()).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect(claim.commits).toEqual([])
  })
})

describe('a partition whose records wait for others', () => {
  /** A stage whose records repeat those that begin with them; a record `=x` waits for none. */
  function setUp(wait: RepeatWait, window = 10) {
    const fake = fakePartition({ window })
    const { claim, context } = fake
    const runner: EachRunner = {
      kind: 'each',
      repeats: { wait, instead: ({ value }) => emission('dropped', value.toString()) },
      run: (value, { offset: at }) => {
        const text = value.toString()
        const contents = [...text].map((_, end) => text.slice(0, end + 1))
        const likeness = { name: text, contents, origin: String(at) }
        return [{ ...emission('out', text), ...(!text.startsWith('=') && { likeness }) }]
      },
    }
    const work = new EachPartition(context, runner, claim)
    return { ...fake, work, look: () => look(work, claim, 'each') }
  }

  it('commits nothing until it is told that no more will come, and then the longest', async () => {
    const { claim, work, look } = setUp({ records: 10, seconds: 3600 })
    claim.publish('a', 'ab', '=', 'x')
    const running = work.run()
    await expect.poll(() => work.status()).toMatchObject({ held: 4, inFlight: 0, position: 4n, committed: 0n })
    expect(work.settled).toBe(true)
    expect(look()).toMatchObject({ idle: false, cut: ['node'] })
    work.cut()
    await expect.poll(look).toMatchObject({ idle: true, cut: [] })
    expect(claim.commits.flatMap(({ outputs }) => outputs)).toEqual(['dropped:a', 'out:ab', 'out:=', 'out:x'])
    claim.publish('y')
    await expect.poll(() => work.status().held).toBe(1)
    await work.drain()
    await running
    expect(claim.stored).toBe(4n)
  })

  it('lets a record go when enough have come after it, and reads on', async () => {
    const { claim, work } = setUp({ records: 3, seconds: 3600 }, 2)
    claim.publish('a', 'b', 'c', 'd', 'e', 'aa')
    const running = work.run()
    await expect.poll(() => work.status()).toMatchObject({ held: 3, committed: 3n, position: 6n })
    expect(claim.published).toEqual(['a', 'b', 'c'])
    await work.drain()
    await running
  })

  it('lets a record go after its time', async () => {
    const { claim, work } = setUp({ records: 10, seconds: 0.05 })
    claim.publish('a')
    const running = work.run()
    await expect.poll(() => claim.published).toEqual(['a'])
    await work.drain()
    await running
  })

  it('holds no record that waits for nothing', async () => {
    const { claim, work, look } = setUp({ records: 10, seconds: 3600 })
    claim.publish('=a', '=ab')
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(claim.published).toEqual(['=a', '=ab'])
    await work.drain()
    await running
  })
})
