import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import { LastingPartition } from '../../src/runtime/partition-lasting.js'
import type { LastingRunner } from '../../src/stages/node.js'
import { emission, error, fakePartition, look } from '../support/fake-claim.js'

/**
 * A fold that answers `a` with `out:a`. `ask:x` asks for a work of that name, which makes `done:x` for the own input;
 * that ends it. Idle sources make `idle` once.
 */
function setUp({ committed = 0, tells = false } = {}) {
  const fake = fakePartition()
  const { points, claim, context } = fake
  const asked = new Set<string>()
  const seen: string[] = []
  let told = !tells
  const runner: LastingRunner = {
    kind: 'lasting',
    step: value => {
      points.passNow('step')
      const text = value.toString()
      seen.push(text)
      const [what, name] = text.split(':')
      if (what === 'ask') asked.add(name!)
      if (what === 'done') asked.delete(name!)
      if (text === 'idle') told = true
      return async () => {
        await points.pass('act')
        return /^[a-z]$/.test(text) ? [emission('out', text)] : []
      }
    },
    pursuits: () =>
      [...asked].map(name => ({
        key: name,
        run: async () => {
          await points.pass('pursue')
          return [emission('t', `done:${name}`)]
        },
      })),
    idle: () => {
      points.passNow('idle')
      return told ? [] : [emission('t', 'idle')]
    },
    timer: () => [],
  }
  claim.committed = claim.stored = offset(committed)
  claim.seek(claim.committed)
  const work = new LastingPartition(context, runner, claim)
  const idle = () => work.idle({ sealed: [], now: 0 })
  return { ...fake, work, seen, idle, look: () => look(work, claim, 'lasting') }
}

describe('what a look sees of a lasting partition', () => {
  it.each(['read', 'act', 'commit'])('shows work left while it waits in %s', async place => {
    const { claim, work, points, look, idle } = setUp()
    claim.publish('a')
    const at = points.hold(place)
    const running = work.run()
    await at.reached
    expect(look().idle).toBe(false)
    expect(await idle()).toBe(false)
    at.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(await idle()).toBe(true)
    await work.drain()
    await running
  })

  it('is not idle before its states were built, although all was committed by an earlier run', async () => {
    const { claim, work, points, look } = setUp({ committed: 1 })
    claim.publish('a')
    const rebuild = points.hold('rebuild')
    const running = work.run()
    await rebuild.reached
    expect(look().idle).toBe(false)
    rebuild.release()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.published).toEqual([])
  })

  it('is not idle while a work goes on, nor while what the work made is published and read back', async () => {
    const { claim, work, points, look, seen } = setUp()
    claim.publish('ask:x')
    const pursue = points.hold('pursue')
    const running = work.run()
    await pursue.reached
    await expect.poll(() => work.status()).toMatchObject({ pursuing: 1, committed: 1n })
    expect(look().idle).toBe(false)
    const commit = points.hold('commit')
    pursue.release()
    await commit.reached
    expect(look().idle).toBe(false)
    const act = points.hold('act')
    commit.release()
    await act.reached
    expect(look().idle).toBe(false)
    act.release()
    await expect.poll(look).toMatchObject({ idle: true })
    expect(seen).toEqual(['ask:x', 'done:x'])
    await work.drain()
    await running
  })

  it('is not at rest while it publishes what idle sources made, nor before that is read back', async () => {
    const { work, points, look, idle, moved, seen } = setUp({ tells: true })
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    const before = moved.count
    const commit = points.hold('commit')
    const telling = idle()
    expect(moved.count).toBeGreaterThan(before)
    await commit.reached
    expect(look().idle).toBe(false)
    expect(await idle()).toBe(false)
    const state = points.hold('state')
    commit.release()
    await state.reached
    expect(look().idle).toBe(false)
    expect(await idle()).toBe(false)
    state.release()
    expect(await telling).toBe(false)
    await expect.poll(look).toMatchObject({ idle: true })
    expect(await idle()).toBe(true)
    expect(seen).toEqual(['idle'])
    await work.drain()
    await running
  })
})

describe('a lasting partition', () => {
  it('commits in order what each record causes, and what causes nothing with what follows', async () => {
    const { claim, work, look } = setUp()
    claim.publish('a', '-', 'b', '-')
    claim.publishForAnother('x')
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits).toEqual([
      { from: 0n, to: 1n, outputs: ['out:a'] },
      { from: 1n, to: 3n, outputs: ['out:b'] },
      { from: 3n, to: 5n, outputs: [] },
    ])
  })

  it('acts on no record that an earlier run has acted on', async () => {
    const { claim, work, look, seen } = setUp({ committed: 2 })
    claim.publish('a', 'b', 'c')
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect([seen, claim.published]).toEqual([['a', 'b', 'c'], ['c']])
  })

  it('commits what is under way when it drains, and starts nothing more', async () => {
    const { claim, work, points } = setUp()
    claim.publish('a', 'b')
    const commit = points.hold('commit')
    const running = work.run()
    await commit.reached
    let drained = false
    const draining = work.drain().then(() => (drained = true))
    expect(drained).toBe(false)
    commit.release()
    await draining
    await running
    expect(claim.published).toEqual(['a'])
  })

  it('does not publish what a work made for a state that does not ask for it any more', async () => {
    const { claim, work, points, look } = setUp()
    claim.publish('ask:x')
    const pursue = points.hold('pursue')
    const running = work.run()
    await pursue.reached
    claim.publish('done:x')
    await expect.poll(look).toMatchObject({ idle: true })
    pursue.release()
    await work.drain()
    await running
    expect(claim.records.map(({ value }) => value.toString())).toEqual(['ask:x', 'done:x'])
  })

  it('ends only behind a commit that is under way', async () => {
    const { claim, work, points } = setUp()
    claim.publish('ask:x')
    const pursue = points.hold('pursue')
    const ends: string[] = []
    const running = work.run().then(() => ends.push('run'))
    await pursue.reached
    await expect.poll(() => work.status().committed).toBe(1n)
    const commit = points.hold('commit')
    pursue.release()
    await commit.reached
    const read = points.hold('read')
    await read.reached
    work.drop()
    read.release()
    // By now the loop would have ended, if it did not wait.
    for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)
    ends.push('commit')
    commit.release()
    await running
    expect(ends).toEqual(['commit', 'run'])
  })
})

describe('a lasting partition of which something fails', () => {
  const fatal = error('STEERFLOW_STORAGE', 'a shard is missing')

  it.each(['read', 'act', 'commit'])('in %s ends with that failure and commits nothing of the record', async place => {
    const { claim, work, points } = setUp()
    claim.publish('a', 'b')
    points.fail(place, fatal)
    await expect(work.run()).rejects.toBe(fatal)
    expect(claim.commits).toEqual([])
    expect(work.status().inFlight).toBe(1)
  })

  it('while its states are built ends with that failure', async () => {
    const { claim, work, points } = setUp({ committed: 1 })
    claim.publish('a')
    points.fail('rebuild', fatal)
    await expect(work.run()).rejects.toBe(fatal)
  })

  it('in a work ends with that failure', async () => {
    const { claim, work, points } = setUp()
    claim.publish('ask:x')
    points.fail('pursue', fatal)
    await expect(work.run()).rejects.toBe(fatal)
    expect(claim.commits).toEqual([{ from: 0n, to: 1n, outputs: [] }])
  })

  it.each([['idle'], ['commit']])(
    'while idle sources are told (%s) is not at rest, and ends by itself',
    async place => {
      const { work, points, look, idle } = setUp({ tells: true })
      const ended = expect(work.run()).rejects.toBe(fatal)
      await expect.poll(look).toMatchObject({ idle: true })
      points.fail(place, fatal)
      expect(await idle()).toBe(false)
      await ended
      expect(look().idle).toBe(false)
    },
  )

  it('for a moment when it looks where what it published ends, goes on all the same', async () => {
    const { work, points, look, idle, seen } = setUp({ tells: true })
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    points.fail('state', error('STEERFLOW_KAFKA_UNREACHABLE'))
    expect(await idle()).toBe(false)
    await expect.poll(look).toMatchObject({ idle: true })
    expect(seen).toEqual(['idle'])
    await work.drain()
    await running
  })

  it('makes a letter of a record that cannot pass, and goes on', async () => {
    const { claim, work, points, look } = setUp()
    claim.publish('a', 'b')
    points.fail('act', error('STEERFLOW_JOB_INVALID'))
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.commits.map(({ outputs }) => outputs)).toEqual([['letters:STEERFLOW_JOB_INVALID'], ['out:b']])
  })

  it('for a moment waits, says so once, and acts once', async () => {
    const { claim, work, points, look, events } = setUp()
    claim.publish('a')
    const away = error('STEERFLOW_LAUNCHER_UNAVAILABLE')
    points.fail('act', away, away)
    const running = work.run()
    await expect.poll(look).toMatchObject({ idle: true })
    await work.drain()
    await running
    expect(claim.published).toEqual(['a'])
    expect(events.map(({ event }) => event)).toEqual(['waiting', 'resumed'])
  })

  it('that was fenced publishes nothing', async () => {
    const { claim, work, points } = setUp()
    claim.publish('a')
    points.fail('commit', error('STEERFLOW_FENCED'))
    await expect(work.run()).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect(claim.published).toEqual([])
  })
})
