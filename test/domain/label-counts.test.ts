import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addLabels, LabelCounter, LabelCounts, noLabels, subtractLabels } from '../../src/domain/label-counts.js'

type Turn = { readonly from: string; readonly label: string | null; readonly value: string }

const turn = (label: string | null, from = 'Assistant'): Turn => ({ from, label, value: '' })

function counted(...records: readonly (readonly Turn[])[]): LabelCounts {
  const counter = new LabelCounter()
  for (const conversations of records) counter.add({ conversations: [...conversations], mask: 'User' })
  return counter.counts()
}

const label = fc.oneof(
  fc.constant(null),
  fc.constant('lang:en'),
  fc
    .dictionary(fc.constantFrom('quality', 'humor', 'toxicity'), fc.integer({ min: 0, max: 4 }), { minKeys: 1 })
    .map(scores => Object.entries(scores).map(([key, value]) => `${key}:${value}`).join(',')), // prettier-ignore
)
const record = fc.array(fc.record({ from: fc.constantFrom('User', 'Assistant'), label, value: fc.constant('') }))

describe('label counts', () => {
  it('are those of the learnt turns, by attribute and value', () => {
    const counts = counted(
      [turn('quality:0', 'User'), turn('quality:4,humor:1,lang:en'), turn(null)],
      [turn('quality:4'), turn('lang:en'), turn('quality:x')],
    )
    expect(counts).toEqual({ turns: 5, labelled: 2, values: { quality: { '4': 2 }, humor: { '1': 1 } } })
    expect(LabelCounts.parse(counts)).toEqual(counts)
    expect(counted()).toEqual(noLabels)
  })

  it('do not grow with what a hostile source writes', () => {
    const many = Array.from({ length: 1000 }, (_, index) => [turn(`quality:${index}`), turn(`k${index}:1`)])
    const { values, labelled } = counted(...many)
    expect(labelled).toBe(2000)
    expect(Object.keys(values)).toHaveLength(64)
    expect(Object.keys(values.quality!)).toHaveLength(65)
    expect(values.quality!.other).toBe(1000 - 64)
    expect(counted([turn('__proto__:1')]).values).toEqual({})
  })

  it('add up however the records are cut into files, and can be taken away again', () => {
    fc.assert(
      fc.property(fc.array(record), fc.array(record), (a, b) => {
        const [first, second, both] = [counted(...a), counted(...b), counted(...a, ...b)]
        expect(addLabels(first, second)).toEqual(both)
        const rest = subtractLabels(both, second)
        expect(rest).toMatchObject({ turns: first.turns, labelled: first.labelled })
        for (const [key, histogram] of Object.entries(rest.values)) expect(histogram).toEqual(first.values[key] ?? {})
      }),
    )
  })
})
