import { expect, it } from 'vitest'
import { BestLabels } from '../../../src/domain/bootstrap/best-labels.js'
import type { AttributeSet } from '../../../src/domain/attributes.js'

const set: AttributeSet = {
  name: 'two@1',
  attributes: ['quality', 'humor'].map(key => ({ key, min: 0, max: 4 })),
  language: true,
}

function best(lines: readonly (string | null)[], attribute = 'quality') {
  const labels = new BestLabels(set, attribute)
  for (const label of lines) {
    labels.add(
      [
        { from: 'User', value: '', label: 'quality:4,humor:4' },
        { from: 'Assistant', value: '', label },
      ],
      'User',
    )
  }
  return labels.lines()
}

it('gathers the distinct lines of answers with the best value that there is, in order', () => {
  const lines = ['quality:2,humor:0', 'quality:3,humor:1,lang:en', 'quality:3,humor:0', 'quality:3,humor:0', null]
  expect(best(lines)).toEqual(['quality:3,humor:0', 'quality:3,humor:1,lang:en'])
  expect(best([...lines].reverse())).toEqual(best(lines))
})

it('goes by the attribute that is named', () => {
  expect(best(['quality:3,humor:0', 'quality:2,humor:1'], 'humor')).toEqual(['quality:2,humor:1'])
})

it('asks for no line that lacks a score, nor for what is no attribute line', () => {
  expect(best(['quality:4', 'quality=4', 'quality:4,humor:high', 'lang:en', 'quality:1,humor:1'])).toEqual([
    'quality:1,humor:1',
  ])
  expect(best(['quality:4,humor:1'], 'verbosity')).toEqual([])
})
