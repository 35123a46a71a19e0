import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { LabelVerification } from '../../../src/adapters/inference/verification.js'
import { digest } from '../../../src/domain/digest.js'
import { allRight, closeAll, fleetOf, serve } from './fleet-under-test.js'

afterEach(closeAll)

describe('verification', () => {
  it('chooses its share, the same turns every time', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => digest(String(index)))
    const chosen = keys.filter(key => new LabelVerification(0.01).chosen(key))
    expect(chosen.length).toBeGreaterThan(150)
    expect(chosen.length).toBeLessThan(250)
    expect(keys.filter(key => new LabelVerification(0).chosen(key))).toEqual([])
    expect(keys.every(key => new LabelVerification(1).chosen(key))).toBe(true)
  })

  it('finds nothing where a server continues each prompt in one way', async () => {
    const fleet = fleetOf([await serve()], { verify: 1 })
    await allRight(fleet, 10)
    expect(fleet.stats().verified).toEqual({ turns: 10, differing: 0, byAttribute: {} })
    expect(fleet.stats().turnsScored).toBe(10)
  })

  it('counts the attributes that differ', () => {
    const verification = new LabelVerification(1)
    verification.compare({ label: 'quality:4,humor:1', scores: {} }, { label: 'quality:3,humor:1', scores: {} })
    verification.compare({ label: 'quality:4,humor:1', scores: {} }, { label: 'quality:4,humor:1', scores: {} })
    verification.compare({ label: 'quality:4,lang:en', scores: {} }, { label: 'quality:0,lang:de', scores: {} })
    expect(verification.result).toEqual({ turns: 3, differing: 2, byAttribute: { quality: 2, lang: 1 } })
  })

  it('loses nothing under faults', async () => {
    const faults: FaultRule[] = [{ fault: { kind: 'status', status: 500 }, every: 5 }]
    const fleet = fleetOf([await serve({ faults }), await serve()], { verify: 0.5, maxFailures: 8 })
    await allRight(fleet, 20)
  })
})
