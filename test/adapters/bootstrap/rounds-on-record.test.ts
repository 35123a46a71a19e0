import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RoundsOnRecord } from '../../../src/adapters/bootstrap/rounds-on-record.js'
import type { RoundEvent } from '../../../src/domain/bootstrap/round.js'
import { type Log, type LogRecord, offset } from '../../../src/runtime/log.js'
import { rounds as topic } from '../../../src/topics.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import { round, roundEvent, summaryOf } from '../../support/rounds.js'

/** A log of one partition, which counts what is asked of it. Every second offset is a control record. */
function logOf(...events: (RoundEvent | string)[]) {
  const asked = { states: 0, reads: 0, records: 0 }
  const log: Pick<Log, 'state' | 'read'> = {
    state: async () => {
      asked.states++
      return [{ topic: topic.name, partition: 0, start: offset(0), end: offset(2 * events.length) }]
    },
    read: async (name, partition, from) => {
      asked.reads++
      const first = Math.ceil(Number(from) / 2)
      const records = events.slice(first, first + 2).map((event, index): LogRecord => {
        const value = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))
        const place = offset(2 * (first + index))
        return { topic: name, partition, offset: place, key: null, value, headers: {}, timestamp: 0 }
      })
      asked.records += records.length
      return { records, next: offset(Math.max(Number(from), 2 * (first + records.length))) }
    },
  }
  return { log, asked, events }
}

const requested = (given: Partial<RoundEvent> = {}) =>
  roundEvent('requested', { by: 'person', plan: RoundPlan.parse({}), ...given })
/** A round that was asked for and opened. */
const open = (given: Partial<RoundEvent> = {}) => [requested(given), roundEvent('opened', given)]
const closed = (given: Partial<RoundEvent> = {}) => roundEvent('closed', { summary: summaryOf(), ...given })

const soon = () => AbortSignal.timeout(2000)
const opened = (log: Pick<Log, 'state' | 'read'>, pollMs = 1) => new RoundsOnRecord(log, topic, pollMs)

describe('what is on record of rounds', () => {
  it('a round that was opened is known with everything that was fixed', async () => {
    const { log } = logOf(...open())
    expect(await opened(log).of('loop-1', soon())).toMatchObject({ round: round(), givenUp: false })
  })

  it('nothing may be done for a round that is closed', async () => {
    const { log } = logOf(...open(), closed())
    await expect(opened(log).of('loop-1', soon())).rejects.toMatchObject({ code: 'STEERFLOW_ROUND_CLOSED' })
  })

  it.each([
    ['a person', 'person', true],
    ['the rule', 'rule', false],
  ] as const)('a round that %s stopped', async (_, by, givenUp) => {
    const { log } = logOf(...open(), roundEvent('stopped', { by }))
    expect((await opened(log).of('loop-1', soon())).givenUp).toBe(givenUp)
  })

  it('a stop before the round was asked for, and one of another loop, are not of this one', async () => {
    const other = { loop: 'other', round: 'loop-2', opening: round({ round: 'loop-2' }) }
    const { log } = logOf(
      roundEvent('stopped', { by: 'person' }),
      ...open(),
      ...open(other),
      roundEvent('stopped', { ...other, by: 'person' }),
    )
    const rounds = opened(log)
    expect((await rounds.of('loop-1', soon())).givenUp).toBe(false)
    expect((await rounds.of('loop-2', soon())).givenUp).toBe(true)
  })

  it('a round that is not open yet is waited for, until the signal says otherwise', async () => {
    const { log, events } = logOf(requested())
    const rounds = opened(log)
    const known = rounds.of('loop-1', soon())
    const stop = new AbortController()
    const never = rounds.of('loop-2', stop.signal)
    await sleep(20)
    events.push(roundEvent('opened'))
    expect((await known).round.round).toBe('loop-1')
    stop.abort()
    await expect(never).rejects.toThrow('aborted')
  })

  it('what is no event is left to the node that folds the topic', async () => {
    const { log } = logOf('no JSON', ...open(), '{"event":"closed"}')
    expect((await opened(log).of('loop-1', soon())).givenUp).toBe(false)
  })

  it('the log is looked at once for many records, and only what is new is read', async () => {
    const { log, asked, events } = logOf(...open(), roundEvent('asked'))
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    onTestFinished(() => clock.mockRestore())
    const rounds = opened(log, 50)
    await Promise.all(Array.from({ length: 100 }, () => rounds.of('loop-1', soon())))
    for (let i = 0; i < 100; i++) await rounds.of('loop-1', soon())
    expect(asked).toEqual({ states: 1, reads: 2, records: 3 })
    events.push(closed())
    now = 60
    await expect(rounds.of('loop-1', soon())).rejects.toMatchObject({ code: 'STEERFLOW_ROUND_CLOSED' })
    expect(asked.records).toBe(4)
  })

  it('what the log throws is passed on, and the next look begins anew', async () => {
    const { log } = logOf(...open())
    let away = true
    const state: Log['state'] = async name => {
      if (away) throw new Error('away')
      return log.state(name)
    }
    const rounds = opened({ ...log, state })
    await expect(rounds.of('loop-1', soon())).rejects.toThrow('away')
    away = false
    expect((await rounds.of('loop-1', soon())).round.round).toBe('loop-1')
  })
})
