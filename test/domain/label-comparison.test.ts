import { describe, expect, it } from 'vitest'
import { LabelComparison } from '../../src/domain/label-comparison.js'
import { conversation } from '../support/training.js'

/** Compares assistant turns, each given as old label, old score, new label, new score. */
function compared(turns: readonly (readonly [string, number, string | null, number])[]) {
  const comparison = new LabelComparison()
  for (const [label, score, other, otherScore] of turns) {
    const record = conversation('x', { scores: [null, { quality: score }] })
    record.conversations[1]!.label = label
    comparison.add(record, {
      value_model: 'n',
      attribute_set: 's@1',
      labels: [null, other],
      scores: [null, other === null ? null : { quality: otherScore }],
    })
  }
  return comparison.rows()
}

describe('the comparison of labels', () => {
  it('is computed from labels and raw scores', () => {
    const [row] = compared([
      ['quality:1', 1.25, 'quality:1', 1],
      ['quality:2', 2.25, 'quality:3', 3],
      ['quality:3', 3.25, 'quality:2', 2],
      ['quality:4', 4.25, 'quality:4', 4],
    ])
    // Ranks 1 2 3 4 against 1 3 2 4: covariance 4 over a spread of 5.
    expect(row).toMatchObject({ attribute: 'quality', turns: 4, agreement: 0.5 })
    expect(row!.mean_difference).toBeCloseTo(-0.25, 12)
    expect(row!.correlation).toBeCloseTo(0.8, 12)
  })

  it('has no correlation where nothing varies, and no row where only one model gave a value', () => {
    expect(compared([['quality:1', 1, 'quality:2', 2]])[0]).toMatchObject({ correlation: null, mean_difference: 1 })
    expect(compared([['quality:1', 1, 'humor:2', 2]])).toEqual([])
    expect(compared([['quality:1', 1, null, 0]])).toEqual([])
    expect(compared([['no label', 1, 'quality:1', 1]])).toEqual([])
  })
})
