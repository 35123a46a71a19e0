import { describe, expect, it } from 'vitest'
import { type HeldOut, measure } from '../../src/baseline/metrics.js'

const held = (count: number, predicted: (i: number) => number | null): readonly HeldOut[] =>
  Array.from({ length: count }, (_, i) => ({
    tree: `tree-${i % 10}`,
    score: i % 5,
    predicted: predicted(i),
    constant: 2,
    length: 100 - (i % 5),
  }))

describe('held-out figures', () => {
  it('stand beside the controls', () => {
    expect(
      measure(
        'quality',
        held(50, i => (i % 5) + 0.5),
      ),
    ).toEqual({
      attribute: 'quality',
      turns: 50,
      spearman: 1,
      spearman_low: 1,
      spearman_high: 1,
      spearman_length: -1,
      mae: 0.5,
      mae_constant: 1.2,
    })
  })

  it('claim no correlation for an attribute that was not learnt', () => {
    const figures = measure(
      'toxicity',
      held(50, () => null),
    )
    expect(figures).toMatchObject({ spearman: null, spearman_low: null, mae: 1.2, mae_constant: 1.2 })
  })

  it('are absent where nothing was held out', () => {
    expect(measure('humor', [])).toMatchObject({ turns: 0, spearman: null, spearman_length: null, mae: null })
  })
})
