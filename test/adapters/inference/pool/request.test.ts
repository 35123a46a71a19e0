import { describe, expect, it } from 'vitest'
import { PoisonEvidence } from '../../../../src/adapters/inference/pool/request.js'

/** An endpoint that answered well at times, and what it had answered when an attempt was sent. */
function endpoint(...successesAt: readonly number[]) {
  const witness = { successes: 0, lastSuccessAt: -Infinity }
  const succeed = (at: number): void =>
    void Object.assign(witness, { successes: witness.successes + 1, lastSuccessAt: at })
  successesAt.forEach(succeed)
  return {
    witness,
    succeed,
    failsAt: (evidence: PoisonEvidence, at: number) => evidence.add(witness, { ...witness }, at),
  }
}

describe('suspicion against a request', () => {
  it('needs failures that others survived', () => {
    const { witness, succeed, failsAt } = endpoint(1)
    const suspicion = new PoisonEvidence(3)
    for (let at = 10; at < 20; at++) failsAt(suspicion, at)
    expect(suspicion.grave).toBe(true)
    expect(suspicion.exhausted(1)).toBe(false)
    succeed(21)
    failsAt(suspicion, 22)
    expect(suspicion.exhausted(1)).toBe(false)
    succeed(23)
    expect(suspicion.exhausted(1)).toBe(true)
    expect(suspicion.at(witness)).toBe(11)
  })

  it('needs a failure after the outage in which the others occurred', () => {
    const { succeed, failsAt } = endpoint(1)
    const suspicion = new PoisonEvidence(3)
    for (let at = 10; at < 20; at++) failsAt(suspicion, at)
    for (let at = 20; at < 30; at++) succeed(at)
    expect(suspicion.outlived).toBe(true)
    expect(suspicion.exhausted(1)).toBe(false)
  })

  it('needs two places where there are two', () => {
    const [one, other] = [endpoint(1), endpoint(1)]
    const suspicion = new PoisonEvidence(3)
    for (let at = 10; at < 20; at += 2) {
      one.failsAt(suspicion, at)
      one.succeed(at + 1)
    }
    expect(suspicion.exhausted(1)).toBe(true)
    expect(suspicion.exhausted(2)).toBe(false)
    other.succeed(21)
    other.failsAt(suspicion, 22)
    expect(suspicion.exhausted(2)).toBe(false)
    other.succeed(23)
    expect(suspicion.exhausted(2)).toBe(true)
    expect(suspicion.at(one.witness)).toBe(5)
  })

  it('is found at many endpoints that get the request once each', () => {
    const many = Array.from({ length: 3 }, () => endpoint(1))
    const suspicion = new PoisonEvidence(3)
    many.forEach(({ succeed, failsAt }, index) => {
      if (index > 0) succeed(10 * index + 9)
      failsAt(suspicion, 10 * (index + 1))
    })
    for (const { succeed } of many) succeed(50)
    expect(suspicion.exhausted(3)).toBe(true)
  })
})
