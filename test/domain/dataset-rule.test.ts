import { describe, expect, it } from 'vitest'
import { datasetBy, DatasetRule, settledFor } from '../../src/domain/dataset-rule.js'
import { conversation } from '../support/training.js'

describe('the dataset of a record', () => {
  it('is a name, or follows from the record', () => {
    const record = conversation('a', { origin: 'round-7' })
    expect(datasetBy('steerlm', record)).toBe('steerlm')
    expect(datasetBy('of-{origin}.x', record)).toBe('of-round-7.x')
    const bootstrap = { round: 'main-2', prompt: 0, candidate: 0, seed: 1, asked: '', kept: 'accepted' as const }
    expect(datasetBy('bootstrap-{round}', conversation('b', { bootstrap }))).toBe('bootstrap-main-2')
  })

  it('is refused where what the record says makes no name', () => {
    const record = conversation('a', { origin: '../x' })
    expect(() => datasetBy('{origin}', record)).toThrow(expect.objectContaining({ code: 'STEERFLOW_RECORD_INVALID' }))
  })

  it.each(['steerlm', 'bootstrap-{round}', '{origin}'])('can be given by %s', rule =>
    expect(DatasetRule.parse(rule)).toBe(rule),
  )

  it.each(['', '../x', 'a/{origin}', '{rounds}', '{origin', '{toString}', '-x'])('cannot be given by %j', rule =>
    expect(DatasetRule.safeParse(rule).success).toBe(false),
  )
})

describe('settings', () => {
  const settings = { steerlm: 1, 'bootstrap-{origin}': 2, 'a.b': 3 }

  it.each([
    ['steerlm', 1],
    ['bootstrap-7', 2],
    ['bootstrap-', undefined],
    ['a.b', 3],
    ['axb', undefined],
    ['toString', undefined],
  ])('of %s are %s', (dataset, found) => expect(settledFor(settings, dataset)).toBe(found))
})
