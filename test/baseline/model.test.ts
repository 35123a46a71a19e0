import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../src/baseline/model.js'
import { predictor } from '../../src/baseline/predict.js'
import { smallModel, turn } from '../support/baseline.js'

const model = smallModel()
const text = writeModel(model)
const changed = (change: (file: Record<string, unknown>) => void): string => {
  const file = JSON.parse(text) as Record<string, unknown>
  change(file)
  return JSON.stringify(file)
}

describe('the model file', () => {
  it('gives back the same model and the same bytes', () => {
    expect(readModel(text)).toEqual(model)
    expect(writeModel(readModel(text))).toBe(text)
  })

  it('predicts the same after it was written and read', () => {
    const given = turn('the quick brown fox', { before: 'Question?', turnsBefore: 1 })
    expect(predictor(readModel(text))(given)).toEqual(predictor(model)(given))
  })

  it.each([
    ['no JSON', '{'],
    ['another kind', changed(file => (file['kind'] = 'other'))],
    ['a newer version', changed(file => (file['version'] = 2))],
    ['other hand features', changed(file => ((file['features'] as { hand: string[] }).hand[0] = 'mood'))],
    ['a table cut short', changed(file => ((file['features'] as { idf: string }).idf = 'AAAAAA=='))],
    ['a table of half numbers', changed(file => ((file['features'] as { grams: string }).grams = 'AAA='))],
    ['a table of what is no number', changed(file => ((file['languages'] as { logs: string }).logs = 'AADAfwAAwH8='))],
    [
      'weights of another size',
      changed(file => ((file['attributes'] as { weights: string }[])[0]!.weights = 'AAAAAA==')),
    ],
  ])('is refused with %s', (_, damaged) => {
    expect(() => readModel(damaged)).toThrowError(expect.objectContaining({ code: 'STEERFLOW_MODEL_INVALID' }))
  })
})
