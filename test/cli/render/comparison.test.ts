import fc from 'fast-check'
import { expect, it } from 'vitest'
import { comparison, wrapped } from '../../../src/cli/render/comparison.js'

it('breaks text at spaces and loses nothing', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapped('a\n\nlonglonglong b', 4)).toEqual(['a', '', 'long', 'long', 'long', 'b'])
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z \n]{0,80}$/), fc.integer({ min: 1, max: 30 }), (text, width) => {
      const lines = wrapped(text, width)
      expect(lines.every(line => line.length <= width)).toBe(true)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(/[ \n]/g, ''))
    }),
  )
})

it('shows answers side by side, with what was asked for and what the value model sees where that differs', () => {
  const reply = { finish: 'stop', tokens: null, seconds: 1, model: 'm' } as const
  const replies = [
    {
      ...reply,
      label: 'quality:4,humor:0,toxicity:0',
      answer: 'A plain answer of some words.',
      predicted: { label: '', scores: { quality: 3.21, humor: 0, toxicity: 0 } },
    },
    {
      ...reply,
      label: 'quality:4,humor:4,toxicity:0',
      answer: 'Knock knock.',
      predicted: { label: '', scores: { quality: 2, humor: 1.5, toxicity: 0 } },
    },
  ]
  expect(comparison(replies, 44)).toBe(
    [
      'answer 1           answer 2',
      'A plain answer of  Knock knock.',
      'some words.',
      '',
      'asked → predicted  answer 1  answer 2',
      'quality            4 → 3.21  4 → 2.00',
      'humor              0 → 0.00  4 → 1.50',
      '',
    ].join('\n'),
  )
})
