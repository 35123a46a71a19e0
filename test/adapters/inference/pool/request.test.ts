import { describe, expect, it } from 'vitest'
import { PoisonEvidence } from '../../../../src/adapters/inference/pool/request.js'

describe('suspicion against a request', () => {
  it('needs failures that others survived', () => {
    const witness = { successes: 7 }
    const suspicion = new PoisonEvidence(3)
    for (let each = 0; each < 10; each++) suspicion.add(witness, 7)
    expect(suspicion.grave).toBe(true)
    expect(suspicion.exhausted(1)).toBe(false)
    witness.successes++
    expect(suspicion.exhausted(1)).toBe(true)
  })

  it('needs two places where there are two', () => {
    const [one, other] = [{ successes: 1 }, { successes: 1 }]
    const suspicion = new PoisonEvidence(3)
    for (let each = 0; each < 3; each++) suspicion.add(one, 0)
    expect(suspicion.exhausted(1)).toBe(true)
    expect(suspicion.exhausted(2)).toBe(false)
    suspicion.add(other, 0)
    expect(suspicion.exhausted(2)).toBe(true)
    expect(suspicion.at(one)).toBe(3)
  })
})
