import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { whilePresent } from '../../../src/adapters/models/value-models.js'

const waiting = { signal: new AbortController().signal, model: 'A', absentMs: 60, pollMs: 5 }
const forEver = (signal: AbortSignal): Promise<never> => sleep(60_000, undefined, { signal }) as Promise<never>
/** Rejects as the fleet does: with the signal's reason. */
const work = (signal: AbortSignal): Promise<never> =>
  forEver(signal).catch(() => Promise.reject(signal.reason as Error))

describe('while a model has an endpoint', () => {
  it('work goes on, and over a short absence too', async () => {
    let looks = 0
    const present = (): boolean => ++looks % 3 === 0
    // Longer than any machine takes between two looks.
    const patient = { ...waiting, absentMs: 60_000 }
    const looked = (): Promise<number> => vi.waitUntil(() => looks > 6 && looks, { timeout: 60_000 })
    expect(await whilePresent(present, looked, patient)).toBeGreaterThan(6)
  })

  it('and no longer: a record can begin again', async () => {
    await expect(whilePresent(() => false, work, waiting)).rejects.toMatchObject({
      code: 'STEERFLOW_MODEL_ABSENT',
      kind: 'transient',
    })
  })

  it('it ends with the caller', async () => {
    const stop = new AbortController()
    const ended = whilePresent(() => true, work, { ...waiting, signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(ended).rejects.toThrow('stopped')
  })
})
