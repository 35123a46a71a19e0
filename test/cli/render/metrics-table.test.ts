import { describe, expect, it } from 'vitest'
import { metricsTable, verdict } from '../../../src/cli/render/metrics-table.js'
import type { AttributeMetric } from '../../../src/domain/model.js'

const metric = (given: Partial<AttributeMetric> = {}): AttributeMetric => ({
  attribute: 'quality',
  turns: 1155,
  spearman: 0.36,
  spearman_low: 0.31,
  spearman_high: 0.41,
  spearman_length: 0.35,
  mae: 0.743,
  mae_constant: 0.845,
  ...given,
})

describe('the table of held-out figures', () => {
  it('shows the controls beside the model, in columns', () => {
    const lines = metricsTable([
      metric(),
      metric({
        attribute: 'political_content',
        turns: 0,
        spearman: null,
        spearman_low: null,
        spearman_high: null,
        spearman_length: null,
        mae: null,
        mae_constant: null,
      }),
    ])
    expect(lines).toEqual([
      'attribute          turns  spearman  95% interval  length alone  error  error of mean',
      'quality             1155      0.36  0.31 to 0.41          0.35   0.74           0.84  not clearly better than length alone',
      'political_content      0         –                           –      –              –  no labels to measure with',
    ])
  })

  it.each([
    ['better than length', {}, { spearman_length: 0.2 }],
    ['not clearly better than length alone', { spearman: 0.4, spearman_low: 0.34 }, { spearman_length: 0.35 }],
    ['not clearly better than length alone', {}, { spearman_length: -0.35 }],
    ['better than length; error not below the constant’s', { spearman_length: 0 }, { mae: 0.845 }],
    ['not learnt', {}, { spearman_low: -0.01, spearman_length: 0 }],
    ['too few labels: predicts the mean', {}, { spearman: null, spearman_low: null }],
  ])('says %j', (said, one, other) => {
    expect(verdict(metric({ ...one, ...other }))).toBe(said)
  })
})
