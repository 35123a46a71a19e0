import { describe, expect, it } from 'vitest'
import {
  emptyLoop,
  isOpen,
  lastRound,
  type LoopState,
  withRoundEvent,
} from '../../../src/domain/bootstrap/loop-state.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { RoundEvent } from '../../../src/domain/bootstrap/round.js'
import { policyOf, round, roundEvent, summaryOf } from '../../support/rounds.js'
import { trained } from '../../support/training.js'

const plan = RoundPlan.parse({})
const of = (number: number, event: RoundEvent['event'], given: Partial<RoundEvent> = {}): RoundEvent =>
  roundEvent(event, { round: `loop-${number}`, number, ...given })
const requested = (number: number, by: RoundEvent['by'] = 'rule') =>
  of(number, 'requested', { by, plan, purpose: 'train' })
const opened = (number: number) => of(number, 'opened', { opening: round({ round: `loop-${number}`, number }) })
const closed = (number: number) => of(number, 'closed', { summary: summaryOf() })
const judged = (number: number, go = true) =>
  of(number, 'judged', { verdict: { go, rule: 'x', gates: [], best: policyOf(1) } })
const model = (number: number) => of(number, 'trained', { model: trained('a'.repeat(64), []) })

const after = (...events: RoundEvent[]): LoopState => events.reduce(withRoundEvent, emptyLoop)
const whole = (number: number) => [requested(number), opened(number), closed(number), judged(number), model(number)]

describe('a loop', () => {
  it('goes from round to round', () => {
    const loop = after(...whole(1), ...whole(2))
    expect(loop.rounds.map(({ request, model }) => [request.number, model !== null])).toEqual([
      [1, true],
      [2, true],
    ])
    expect(isOpen(loop)).toBe(false)
  })

  it.each<[string, RoundEvent[], RoundEvent]>([
    ['a second request for the same round', [requested(1)], requested(1, 'person')],
    ['a request while a round is open', [requested(1), opened(1)], requested(2, 'person')],
    ['a request by the rule before the model is there', whole(1).slice(0, 4), requested(2)],
    ['a round that leaves one out', [...whole(1)], requested(3)],
    ['a second opening', [requested(1), opened(1)], opened(1)],
    [
      'prompts that were published before',
      [requested(1), opened(1), of(1, 'asked', { next: 5 })],
      of(1, 'asked', { next: 5 }),
    ],
    ['a second closing', [requested(1), opened(1), closed(1)], closed(1)],
    ['a verdict on what is not closed', [requested(1), opened(1)], judged(1)],
    ['a second model of a round', whole(1), model(1)],
    ['a model of a round that was not to be trained on', [...whole(1).slice(0, 3), judged(1, false)], model(1)],
    [
      'the next round by the rule, of a loop that has ended',
      [...whole(1), of(1, 'stopped', { by: 'person' })],
      requested(2),
    ],
    ['anything of another round', [requested(1), opened(1)], closed(2)],
  ])('is not moved by %s', (_, events, event) => {
    const before = after(...events)
    const now = withRoundEvent(before, event)
    expect(now.moved).toBeNull()
    expect(now.rounds).toEqual(before.rounds)
  })

  it('is gone on with by a person after it has ended, or before the model is there', () => {
    const ended = after(...whole(1), of(1, 'stopped'), requested(2, 'person'))
    expect(ended.stopped).toBe(false)
    expect(lastRound(ended)?.request.number).toBe(2)
    expect(lastRound(after(...whole(1).slice(0, 4), requested(2, 'person')))?.request.number).toBe(2)
  })

  it('has a round given up by a person only', () => {
    expect(lastRound(after(requested(1), opened(1), of(1, 'stopped', { by: 'person' })))?.givenUp).toBe(true)
    expect(lastRound(after(requested(1), of(1, 'stopped')))?.givenUp).toBe(false)
    expect(lastRound(after(...whole(1), of(1, 'stopped', { by: 'person' })))?.givenUp).toBe(false)
  })

  it('of a round that could not be opened is not open, and may be tried again', () => {
    const failed = after(requested(1), of(1, 'stopped'))
    expect(isOpen(failed)).toBe(false)
    expect(lastRound(withRoundEvent(failed, requested(2, 'person')))?.request.number).toBe(2)
  })
})
