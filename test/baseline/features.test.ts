import { describe, expect, it } from 'vitest'
import { featureWidth, fitFeatures, vectoriser } from '../../src/baseline/features.js'
import { handFeatureNames } from '../../src/baseline/hand-features.js'
import { turn } from '../support/baseline.js'

const turns = ['red apples', 'red pears', 'red plums', 'green plums are sour', 'green pears'].map(text =>
  turn(text, { before: 'Which fruit?' }),
)

describe('the feature space', () => {
  const space = fitFeatures(turns)
  const vectorise = vectoriser(space)

  it('keeps what three turns share, the most frequent first', () => {
    // "red", and of the words before "which", "fruit" and their pair; "red " has four characters.
    expect(space.grams.length).toBe(5)
    expect(space.idf[0]!).toBeLessThan(space.idf.at(-1)!)
  })

  it('makes every block of n-grams of its length', () => {
    const { columns, values } = vectorise(turns[0]!)
    const length = (from: number, to: number) =>
      Math.hypot(...values.filter((_, i) => columns[i]! >= from && columns[i]! < to))
    // Blocks of length 1 (words), 1 (characters) and ½ (words before).
    expect(length(0, space.grams.length)).toBeCloseTo(Math.sqrt(1 + 1 + 0.25), 6)
  })

  it('never names a column twice or one that is not there', () => {
    for (const given of [...turns, turn('', { user: true }), turn('red red red', { user: true })]) {
      const { columns, values } = vectorise(given)
      expect(new Set(columns).size).toBe(columns.length)
      expect(Math.max(...columns)).toBeLessThan(featureWidth(space))
      expect(values.every(Number.isFinite)).toBe(true)
    }
  })

  it('repeats the hand features for turns of the user only', () => {
    const [assistant, user] = [vectorise(turn('red')), vectorise(turn('red', { user: true }))]
    expect(user.columns.length - assistant.columns.length).toBe(handFeatureNames.length)
  })

  it('counts afresh for every turn', () => {
    expect(vectorise(turns[0]!)).toEqual(vectoriser(space)(turns[0]!))
  })
})
