import { describe, expect, it } from 'vitest'
import { activation, emptyRole, rollback, type RoleState, withRecord } from '../../src/domain/model-registry.js'
import type { ModelRecord } from '../../src/domain/model.js'
import { applyRule } from '../../src/domain/promotion-rule.js'
import { metric, registered } from '../support/training.js'

const folded = (state: RoleState, records: readonly ModelRecord[]): RoleState => records.reduce(withRecord, state)
const states = (records: readonly ModelRecord[]) => records.map(({ model, state }) => [model.at(-1), state])
const a = registered('a', [metric(0.5, 0.45)])
/** `a` active by the rule. */
const first = folded(folded(emptyRole, [a]), applyRule(folded(emptyRole, [a])))
const decidedOn = (model: ModelRecord, state = first) => applyRule(folded(state, [model]))

describe('the rule', () => {
  it('makes the first model of a role active', () => {
    expect([first.active?.model, first.active?.reason]).toEqual([a.model, 'rule: the first model of its role'])
    expect(applyRule(first)).toEqual([])
  })

  it('replaces the active model by one inside its interval', () => {
    const records = decidedOn(registered('b', [metric(0.45)]))
    expect(states(records)).toEqual([
      ['b', 'active'],
      ['a', 'retired'],
    ])
    expect(records[0]?.reason).toBe('rule: held-out quality correlation 0.450, value-model-aaaaaaaaaaaa at least 0.450')
  })

  it('only registers one below the interval, with the figures', () => {
    const records = decidedOn(registered('b', [metric(0.44)]))
    expect(states(records)).toEqual([['b', 'registered']])
    expect(records[0]?.reason).toBe(
      'rule: not active: held-out quality correlation 0.440, value-model-aaaaaaaaaaaa at least 0.450',
    )
    expect(applyRule(folded(folded(first, [registered('b', [metric(0.44)])]), records))).toEqual([])
  })

  it('goes by helpfulness where there is no quality, or by what it is told to', () => {
    const of = (attribute: string, spearman: number) => ({ ...metric(spearman, spearman - 0.05), attribute })
    const before = registered('a', [of('helpfulness', 0.5), of('verbosity', 0.5)])
    const active = folded(folded(emptyRole, [before]), applyRule(folded(emptyRole, [before])))
    const next = folded(active, [registered('b', [of('helpfulness', 0.6), of('verbosity', 0.1)])])
    expect(applyRule(next)[0]?.reason).toContain('rule: held-out helpfulness correlation 0.600')
    expect(states(applyRule(next, 'verbosity'))).toEqual([['b', 'registered']])
    expect(applyRule(next, 'none')[0]?.reason).toContain('a person decides')
    expect(applyRule(next, 'style')[0]?.reason).toBe(
      'rule: not active: it predicts oasst-12-lang@1 (helpfulness, verbosity), and promote.attribute decides by style',
    )
  })

  it.each([[[]], [[metric(null)]]])('leaves the choice to a person without figures', metrics => {
    expect(states(decidedOn(registered('b', metrics)))).toEqual([['b', 'registered']])
  })

  it('compares a second new model with the first, once that is active', () => {
    const both = folded(first, [registered('b', [metric(0.7, 0.65)]), registered('c', [metric(0.6)])])
    const then = folded(both, applyRule(both))
    expect(states(applyRule(then))).toEqual([['c', 'registered']])
  })

  it('does not undo a rollback; a newer model may follow', () => {
    const b = registered('b', [metric(0.6, 0.55)])
    const second = folded(folded(first, [b]), decidedOn(b))
    const back = folded(second, rollback(second)!)
    expect(back.active?.model).toBe(a.model)
    expect(applyRule(back)).toEqual([])
    expect(decidedOn(b, back)).toEqual([])
    expect(states(decidedOn(registered('c', [metric(0.6)]), back))).toEqual([
      ['c', 'active'],
      ['a', 'retired'],
    ])
  })

  it('does not put an older model in the place of a newer one that a person chose', () => {
    const [b, c] = [registered('b', [metric(0.9)]), registered('c', [metric(0.1, 0.05)])]
    const known = folded(first, [b, c])
    const chosen = folded(known, activation(known, c, { reason: 'person: promoted', decided_by: 'person' }))
    expect(applyRule(chosen)).toMatchObject([
      { state: 'registered', reason: `rule: not active: older than ${c.model}` },
    ])
  })
})
