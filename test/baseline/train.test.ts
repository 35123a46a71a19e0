import { describe, expect, it } from 'vitest'
import { writeModel } from '../../src/baseline/model.js'
import { predictor } from '../../src/baseline/predict.js'
import { seededRandom } from '../../src/baseline/random.js'
import { fitsOf, trainBaseline } from '../../src/baseline/train.js'
import { examplesOf, trainingLines, turn } from '../support/baseline.js'

const options = { folds: 4, mostTurns: 1000 }
const examples = examplesOf(trainingLines(160))
const trained = trainBaseline(examples, options)
const figures = (attribute: string) => trained.metrics.find(metric => metric.attribute === attribute)!

describe('training', () => {
  it('learns what is in the text, measured on trees that were held out', () => {
    expect(figures('quality').spearman).toBeGreaterThan(0.9)
    expect(figures('toxicity').spearman).toBeGreaterThan(0.8)
    expect(figures('toxicity').mae!).toBeLessThan(figures('toxicity').mae_constant! / 2)
    const predict = predictor(trained.model)
    const { scores, language } = predict(
      turn('the quick brown fox jumps SHUT UP!!!', { before: 'Question?', turnsBefore: 1 }),
    )
    expect(scores['toxicity']).toBeGreaterThan(2.5)
    expect(language).toBe('en')
    expect(predict(turn('der schnelle braune Fuchs springt über den Hund')).language).toBe('de')
  })

  it('finds nothing in labels that have nothing to do with the text', () => {
    const random = seededRandom(5)
    const mixed = trainingLines(160).map(({ conversations: [asked, answered], ...line }, i) => ({
      ...line,
      tree_id: `tree-${i}`,
      conversations: [asked!, { ...answered!, label: `quality:${Math.floor(random() * 5)}` }],
    }))
    const { metrics } = trainBaseline(examplesOf(mixed), options)
    expect(Math.abs(metrics[0]!.spearman!)).toBeLessThan(0.35)
  })

  it('is a function of its examples', () => {
    const again = trainBaseline(examplesOf(trainingLines(160)), options)
    expect(writeModel(again.model)).toBe(writeModel(trained.model))
    expect(again.metrics).toEqual(trained.metrics)
  })

  it('has a fit for every attribute and says what was never labelled', () => {
    expect(trained.model.fits).toHaveLength(12)
    expect(figures('political_content')).toMatchObject({ turns: 0, spearman: null })
    expect(predictor(trained.model)(turn('x')).scores['political_content']).toBe(0)
  })

  it('measures the turns of the assistant only', () => {
    expect(figures('quality').turns).toBe(160)
    expect(trained.turns).toBe(320)
  })

  it('measures nothing without folds or with a single tree, and still trains', () => {
    const single = examplesOf(trainingLines(40).map(line => ({ ...line, tree_id: 'one' })))
    const cases = [trainBaseline(examples, { ...options, folds: 1 }), trainBaseline(single, options)]
    for (const { metrics, model } of cases) {
      expect(metrics[0]).toMatchObject({ turns: 0, spearman: null, mae: null })
      expect(model.fits[0]!.weights).not.toBeNull()
    }
  })

  it('bounds the turns by whole trees, whatever the order of the lines', () => {
    const bounded = { ...options, mostTurns: 50 }
    const forwards = trainBaseline(examples, bounded)
    expect(forwards.turns).toBe(48)
    expect(forwards.trees).toBe(12)
    const backwards = trainBaseline(examplesOf(trainingLines(160).toReversed()), bounded)
    expect(backwards.metrics.map(({ turns }) => turns)).toEqual(forwards.metrics.map(({ turns }) => turns))
    expect(backwards.model.fits.map(({ mean }) => mean.toFixed(9))).toEqual(
      forwards.model.fits.map(({ mean }) => mean.toFixed(9)),
    )
  })

  it('tells of every fit', () => {
    let fitted = 0
    trainBaseline(examples, { ...options, fitted: () => fitted++ })
    expect(fitted).toBe(fitsOf(examples.attributeSet, options.folds))
  })
})
