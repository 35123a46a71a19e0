import { describe, expect, it } from 'vitest'
import { everyPassingFault, Fault, faultOf, type FaultRule } from './faults.js'

const requests = Array.from({ length: 20_000 }, (_, index) => index + 1)
const hits = (rules: readonly FaultRule[]) => requests.filter(request => faultOf(rules, request, '') !== null)

describe('faults by share', () => {
  it.each([0.01, 0.1, 0.5])('hit that part of the requests: %d', share => {
    const part = hits([{ fault: { kind: 'reset' }, share }]).length / requests.length
    // Four times the deviation that chance has.
    expect(Math.abs(part - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / requests.length))
  })

  it('hit the same requests each time, and others with another seed', () => {
    const rule = { fault: { kind: 'reset' }, share: 0.01 } as const
    expect(hits([rule])).toEqual(hits([{ ...rule, seed: 0 }]))
    const others = new Set(hits([{ ...rule, seed: 1 }]))
    expect(hits([rule]).filter(request => others.has(request)).length).toBeLessThan(15)
  })

  it('are drawn for each rule apart', () => {
    const rules = everyPassingFault(0.01, 7, 100)
    const counts = rules.map(() => 0)
    for (const request of requests) {
      const fault = faultOf(rules, request, '')
      if (fault) counts[rules.findIndex(rule => rule.fault === fault)]!++
    }
    expect(Math.min(...counts)).toBeGreaterThan(120)
    expect(Math.max(...counts)).toBeLessThan(260)
  })

  it('are every kind of fault but the refusal', () => {
    const kinds = Fault.options.map(option => option.shape.kind.value)
    const passing = new Set(everyPassingFault(0.01, 0, 100).map(rule => rule.fault.kind))
    expect(kinds.filter(kind => !passing.has(kind))).toEqual(['string'])
  })
})
