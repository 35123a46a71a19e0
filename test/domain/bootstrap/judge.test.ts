import { describe, expect, it } from 'vitest'
import { judgeRound, type MeasuredRound } from '../../../src/domain/bootstrap/judge.js'
import type { StopRules } from '../../../src/domain/bootstrap/round-plan.js'
import { RoundVerdict } from '../../../src/domain/bootstrap/round.js'
import type { PairedDifference, RoundSummary } from '../../../src/domain/bootstrap/summary.js'
import { policyOf, roundOf, summaryOf } from '../../support/rounds.js'

const rules: StopRules = roundOf(1).plan.stop
const difference = (low: number, high: number): PairedDifference => ({ pairs: 100, mean: (low + high) / 2, low, high })
const noPairs: PairedDifference = { pairs: 0, mean: null, low: null, high: null }
const still = difference(-0.01, 0.01)

/** Differences to the round of that number. */
const against = (number: number, over: Partial<NonNullable<RoundSummary['against_before']>> = {}) => ({
  against_before: {
    round: `loop-${number}`,
    goodness: difference(0.1, 0.3),
    goodness_at_equal_length: difference(0.05, 0.25),
    points_by_length: 0.2,
    chars: still,
    unique_words: still,
    acceptance: still,
    ...over,
  },
})
const measured = (number: number, over: Partial<RoundSummary> = {}): MeasuredRound => ({
  round: roundOf(number),
  summary: summaryOf(number === 1 ? over : { ...against(number - 1), ...over }),
})

describe('a round', () => {
  it.each<[string, MeasuredRound, string[]]>([
    ['that is the first', measured(1), []],
    ['that is the first, and hardly anything was accepted', measured(1, { acceptance: 0.04 }), ['acceptance']],
    ['of which nothing is known', measured(1, { acceptance: null }), ['acceptance']],
    ['that follows length alone', measured(1, { length_correlation: 0.9 }), ['length correlation']],
    [
      'that follows length alone by chance, in few answers',
      measured(1, { length_correlation: 1, goodness: { count: 4, mean: 1, sd: 1 } }),
      [],
    ],
    ['that gained', measured(2), []],
    ['that gained less than noise', measured(2, against(1, { goodness: difference(-0.01, 0.5) })), ['gain']],
    ['that gained nothing, exactly', measured(2, against(1, { goodness: difference(0, 0) })), ['gain']],
    ['whose gain nobody can tell', measured(2, against(1, { goodness: noPairs })), ['gain']],
    [
      'that gained by length alone',
      measured(2, against(1, { goodness_at_equal_length: difference(-0.1, 0.1) })),
      ['gain at equal length'],
    ],
    ['that is half as long again', measured(2, against(1, { chars: difference(0.3, 0.5) })), []],
    ['that is twice as long', measured(2, against(1, { chars: difference(0.6, 0.8) })), ['length growth']],
    ['that seems twice as long, by chance', measured(2, against(1, { chars: difference(-0.1, 1.5) })), []],
    ['that is half as long', measured(2, against(1, { chars: difference(-0.8, -0.6) })), []],
    ['that repeats itself', measured(2, against(1, { unique_words: difference(-0.15, -0.12) })), ['diversity loss']],
    ['that repeats itself a little', measured(2, against(1, { unique_words: difference(-0.09, -0.08) })), []],
    ['that is more diverse', measured(2, against(1, { unique_words: difference(0.2, 0.3) })), []],
    [
      'that is hacked: goodness up, guards down',
      measured(
        2,
        against(1, {
          goodness: difference(1, 1.2),
          chars: difference(0.9, 1),
          unique_words: difference(-0.3, -0.2),
        }),
      ),
      ['length growth', 'diversity loss'],
    ],
  ])('%s', (_, state, fell) => {
    const verdict = judgeRound({ ...state, earlier: state.round.number === 1 ? [] : [measured(1)] }, rules)
    expect(verdict.gates.filter(gate => !gate.held).map(({ rule }) => rule)).toEqual(fell)
    expect(verdict).toMatchObject({
      go: fell.length === 0,
      rule: fell.length === 0 ? 'every rule held' : fell.join(' and '),
    })
    expect(RoundVerdict.parse(verdict)).toEqual(verdict)
    const better = state.round.number === 2 && fell.length === 0
    expect(verdict.best).toEqual(policyOf(better ? 2 : 1))
  })

  it('records every rule with what it saw and what it demands', () => {
    expect(judgeRound({ ...measured(2), earlier: [measured(1)] }, rules).gates).toEqual([
      { rule: 'rounds', value: 2, threshold: 2, held: true },
      { rule: 'acceptance', value: 0.5, threshold: 0.05, held: true },
      { rule: 'gain', value: 0.1, threshold: 0, held: true },
      { rule: 'gain at equal length', value: 0.05, threshold: 0, held: true },
      { rule: 'length growth', value: 1, threshold: 1.5, held: true },
      { rule: 'diversity loss', value: 0, threshold: 0.1, held: true },
      { rule: 'length correlation', value: 0.2, threshold: 0.8, held: true },
      { rule: 'distance to what was asked', value: 0.5, threshold: null, held: true },
    ])
  })

  it('without guards their figures are on record and nothing is demanded', () => {
    const state = measured(2, against(1, { chars: difference(0.9, 1) }))
    const verdict = judgeRound({ ...state, earlier: [measured(1)] }, { ...rules, guards: false })
    expect(verdict.go).toBe(true)
    expect(verdict.gates).toContainEqual({
      rule: 'length growth',
      value: expect.closeTo(2.585709, 5) as number,
      threshold: null,
      held: true,
    })
  })
})

describe('drift', () => {
  const longer = (number: number): MeasuredRound =>
    measured(number, against(number - 1, { chars: difference(0.2, 0.3) }))

  it.each<[string, MeasuredRound[], string]>([
    ['is within its bound at first', [measured(1), longer(2)], 'every rule held'],
    ['adds up over rounds', [measured(1), longer(2), longer(3)], 'length growth'],
    [
      'may go back',
      [measured(1), longer(2), measured(3, against(2, { chars: difference(-0.3, -0.2) }))],
      'every rule held',
    ],
    [
      'is counted from where the comparisons begin',
      [measured(1), longer(2), measured(3, { against_before: null }), longer(4)],
      'every rule held',
    ],
  ])('%s', (_, rounds, rule) => {
    const state = { ...rounds.at(-1)!, earlier: rounds.slice(0, -1) }
    expect(judgeRound(state, { ...rules, rounds: 5 }).rule).toBe(rule)
  })
})

describe('rounds', () => {
  it('stop when one more is asked to train', () => {
    const state = { ...measured(3), earlier: [measured(1), measured(2)] }
    expect(judgeRound(state, rules)).toMatchObject({ go: false, rule: 'rounds', best: policyOf(3) })
  })

  it('that measure train nothing, and decide which model is best', () => {
    const state = { ...measured(3), earlier: [measured(1), measured(2)], round: roundOf(3, 'measure') }
    expect(judgeRound(state, rules)).toMatchObject({ go: false, rule: 'measured', best: policyOf(3) })
    const worse = { ...state, ...measured(3, against(2, { goodness: difference(-0.3, -0.1) })), round: state.round }
    expect(judgeRound(worse, rules)).toMatchObject({ go: false, rule: 'gain', best: policyOf(2) })
  })
})

describe('the best model', () => {
  const worse = (number: number): MeasuredRound => measured(number, against(number - 1, { goodness: still }))

  it.each<[string, MeasuredRound[], number]>([
    ['is the first when nothing else was measured', [measured(1)], 1],
    ['is the last when each was better than the one before', [measured(1), measured(2), measured(3)], 3],
    ['is not the last when that was no better', [measured(1), measured(2), worse(3)], 2],
    ['is not one that was better than a worse one only', [measured(1), worse(2), measured(3)], 1],
    ['is one that was compared with the best', [measured(1), worse(2), measured(3, against(1))], 3],
    ['is not one whose guards fell', [measured(1), measured(2, { length_correlation: 0.9 })], 1],
    [
      'is the one from which a drift began that went too far',
      [
        measured(1),
        measured(2),
        measured(3, against(2, { chars: difference(0.2, 0.3) })),
        measured(4, against(3, { chars: difference(0.2, 0.3) })),
      ],
      1,
    ],
    ['is not one of which hardly anything was accepted', [measured(1), measured(2, { acceptance: 0.01 })], 1],
  ])('%s', (_, rounds, best) => {
    const state = { ...rounds.at(-1)!, earlier: rounds.slice(0, -1) }
    expect(judgeRound(state, { ...rules, rounds: 5 }).best).toEqual(policyOf(best))
  })
})
