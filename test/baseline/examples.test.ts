import { describe, expect, it } from 'vitest'
import type { TrainingLine } from '../../src/baseline/examples.js'
import { examplesOf } from '../support/baseline.js'

const line = (values: readonly string[], given: Partial<TrainingLine> = {}): TrainingLine => ({
  conversations: values.map((value, i) => ({
    value,
    from: i % 2 === 0 ? 'User' : 'Assistant',
    label: `quality:${value.length % 5},lang:en`,
  })),
  tree_id: 'tree',
  mask: 'User',
  steerflow: { attribute_set: 'oasst-12-lang@1' },
  ...given,
})

describe('training examples', () => {
  it('count a turn once however many paths share it', () => {
    const { turns } = examplesOf([line(['q', 'a', 'b']), line(['q', 'a', 'c']), line(['q', 'd'])])
    expect(turns.map(turn => turn.text)).toEqual(['q', 'a', 'b', 'c', 'd'])
  })

  it('count the same text in another context again', () => {
    const { turns } = examplesOf([line(['q', 'a']), line(['r', 'a']), line(['q', 'a'], { tree_id: 'other' })])
    expect(turns).toHaveLength(6)
  })

  it('carry the context, the scores and the language', () => {
    const { turns } = examplesOf([line(['question', 'answer'])])
    expect(turns[1]).toEqual({
      text: 'answer',
      before: 'question',
      turnsBefore: 1,
      user: false,
      tree: 'tree',
      scores: new Map([['quality', 1]]),
      language: 'en',
    })
  })

  it('leave unlabelled turns out but see them as context', () => {
    const given = line(['q', 'a'])
    const unlabelled = { ...given, conversations: [{ value: 'q', from: 'User', label: null }, given.conversations[1]!] }
    expect(examplesOf([unlabelled]).turns.map(({ text, before }) => ({ text, before }))).toEqual([
      { text: 'a', before: 'q' },
    ])
  })

  it('are not bent by a score outside the scale', () => {
    const labels = ['quality:6,humor:1', 'quality:493827156049382711510878388224', 'quality:-1', 'quality:4']
    const conversations = labels.map((label, i) => ({ value: `t${i}`, from: 'Assistant', label }))
    expect(examplesOf([{ ...line([]), conversations }]).turns.map(({ scores }) => Object.fromEntries(scores))).toEqual([
      { humor: 1 },
      {},
      {},
      { quality: 4 },
    ])
  })

  it('tell the scale of a set that is not built in from the labels', () => {
    const own = { steerflow: { attribute_set: 'mine@1' } }
    const labels = ['tone:2', 'tone:7,depth:-1', 'depth:3']
    const conversations = labels.map((label, i) => ({ value: `t${i}`, from: 'Assistant', label }))
    expect(examplesOf([{ ...line([]), ...own, conversations }]).attributeSet).toEqual({
      name: 'mine@1',
      attributes: [
        { key: 'tone', min: 2, max: 7 },
        { key: 'depth', min: -1, max: 3 },
      ],
      language: false,
    })
  })

  it.each([
    ['nothing', []],
    ['no label', [{ ...line([]), conversations: [{ value: 'q', from: 'User' }] }]],
    ['two attribute sets', [line(['q']), line(['r'], { steerflow: { attribute_set: 'steerlm-9@1' } })]],
  ])('refuse %s', (_, lines) => {
    expect(() => examplesOf(lines)).toThrowError(expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID' }))
  })
})
