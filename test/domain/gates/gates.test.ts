import { describe, expect, it } from 'vitest'
import { type Facts, noFacts } from '../../../src/domain/gates/facts.js'
import { gateText } from '../../../src/domain/gates/gate.js'
import { judgeAll } from '../../../src/domain/gates/gates.js'
import { Rules } from '../../../src/domain/gates/when.js'
import { addLabels, type LabelCounts } from '../../../src/domain/label-counts.js'

const labels = (quality: Readonly<Record<string, number>>, unlabelled = 0): LabelCounts => {
  const labelled = Object.values(quality).reduce((sum, count) => sum + count, 0)
  return { turns: labelled + unlabelled, labelled, values: { quality: { ...quality } } }
}
const facts = (given: Partial<Facts> = {}): Facts => ({
  ...noFacts,
  records: 100,
  validation: 5,
  attributeSets: ['a@1'],
  ...given,
})
const rulesOf = (given: Partial<Rules> = {}): Rules => Rules.parse({ trainer: 'baseline', ...given })

const judge = (now: Facts, trained: Facts | null, rules: Partial<Rules> = {}, leastNew = 1) =>
  judgeAll({ facts: now, trained, rules: rulesOf(rules), leastNew })
const against = (...given: Parameters<typeof judge>) =>
  judge(...given)
    .filter(({ held }) => !held)
    .map(gateText)

const even = { '0': 1000, '1': 1000, '2': 1000 }

describe('gates', () => {
  it.each<[string, Facts, Facts | null, Partial<Rules>, readonly string[]]>([
    ['nothing against it', facts(), null, {}, []],
    ['no trainer', facts(), null, { trainer: 'none' }, ['trainer']],
    ['too few records', facts({ records: 9 }), null, { records: 10 }, ['records>=10']],
    ['no validation', facts({ validation: 0 }), null, {}, ['validation>=1']],
    ['validation not asked for', facts({ validation: 0 }), null, { validation: 0 }, []],
    ['nothing new', facts(), facts(), {}, ['new>=1']],
    ['two attribute sets', facts({ attributeSets: ['a@1', 'b@1'] }), null, {}, ['one attribute set']],
    ['half of the turns labelled', facts({ labels: labels({ '1': 50 }, 50) }), null, {}, []],
    ['fewer', facts({ labels: labels({ '1': 50 }, 51) }), null, {}, ['coverage>=0.5']],
    ['none counted', facts(), null, { coverage: 1 }, []],
  ])('%s', (_, now, trained, rules, expected) => expect(against(now, trained, rules)).toEqual(expected))

  const trained = facts({ labels: labels(even) })
  const later = (quality: Readonly<Record<string, number>>): Facts =>
    facts({ records: 200, labels: addLabels(trained.labels, labels(quality)) })
  const moved = { '0': 100, '1': 100, '2': 800 }

  it('a change of the new labels is refused, whose whole would still pass', () => {
    expect(against(later(even), trained)).toEqual([])
    expect(against(later(moved), trained)).toEqual(['stability of quality<=0.2'])
    expect(against(later(moved), trained, { stabilityOf: 'whole' })).toEqual([])
    expect(against(later(moved), trained, { stability: null })).toEqual([])
    expect(against(later(moved), trained, { stability: 5 })).toEqual([])
  })

  it('too few labels to tell are not judged', () => {
    const few = { '2': 499 }
    expect(judge(later(few), trained).at(-1)).toEqual({
      rule: 'stability',
      value: 'too few labels',
      threshold: 0.2,
      held: true,
    })
    expect(against(later({ '2': 500 }), trained)).toEqual(['stability of quality<=0.2'])
    expect(against(later(few), trained, { stabilityTurns: 100 })).toEqual(['stability of quality<=0.2'])
  })

  it('an attribute that was not there before has nothing to be compared with', () => {
    const other = facts({ records: 200, labels: addLabels(trained.labels, { turns: 900, labelled: 900, values: { humor: { '1': 900 } } }) }) // prettier-ignore
    expect(judge(other, trained).at(-1)).toMatchObject({ value: 'too few labels', held: true })
  })
})
