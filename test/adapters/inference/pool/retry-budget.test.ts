import { describe, expect, it } from 'vitest'
import { RetryBudget } from '../../../../src/adapters/inference/pool/admission.js'

describe('a retry budget', () => {
  it('lets retries pass while they are few', () => {
    const budget = new RetryBudget()
    const waits = Array.from({ length: 500 }, () => {
      for (let first = 0; first < 10; first++) budget.earned()
      return budget.take(0)
    })
    expect(Math.max(...waits)).toBe(0)
  })

  it('makes retries wait when nearly everything is one, fifty a second at worst', () => {
    const budget = new RetryBudget()
    const waits = Array.from({ length: 1000 }, () => budget.take(0))
    expect(waits[499]).toBe(0)
    expect(waits[500]).toBe(20)
    expect(waits[999]).toBe(10_000)
    expect(budget.take(20_000)).toBe(0)
  })
})
