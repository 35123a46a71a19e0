import { describe, expect, it } from 'vitest'
import { Breaker } from '../../../../src/adapters/inference/pool/endpoint-health.js'

const open = () => new Breaker({ failures: 3, pause: { first: 100, most: 400 }, random: () => 1 })
const passing = { probe: false, certain: false }

describe('a breaker', () => {
  it('opens after failures in a row', () => {
    const breaker = open()
    breaker.failed(0, passing)
    breaker.failed(0, passing)
    breaker.succeeded()
    breaker.failed(0, passing)
    breaker.failed(0, passing)
    expect(breaker.admits(0)).toBe(true)
    breaker.failed(0, passing)
    expect(breaker.admits(99)).toBe(false)
    expect(breaker.opensAt).toBe(100)
  })

  it('lets one probe in when the pause is over, and pauses for longer when it fails', () => {
    const breaker = open()
    breaker.failed(0, { probe: false, certain: true })
    expect(breaker.admits(100)).toBe(true)
    expect(breaker.sent()).toBe(true)
    expect(breaker.admits(100)).toBe(false)
    breaker.failed(100, { probe: true, certain: false })
    expect(breaker.opensAt).toBe(300)
    expect(breaker.sent()).toBe(true)
    breaker.undecided(true)
    expect(breaker.admits(300)).toBe(true)
    breaker.succeeded()
    expect(breaker.ejected).toBe(false)
    expect(breaker.sent()).toBe(false)
  })

  it('waits at least as long as the server says', () => {
    const breaker = open()
    breaker.failed(0, { probe: false, certain: true, leastMs: 5000 })
    expect(breaker.opensAt).toBe(5000)
  })

  it('counts failures of one outage once', () => {
    const breaker = open()
    for (let each = 0; each < 20; each++) breaker.failed(0, { probe: false, certain: true })
    expect(breaker.opensAt).toBe(100)
  })
})
