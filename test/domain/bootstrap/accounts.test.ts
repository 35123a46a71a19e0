import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../src/domain/bootstrap/accounts.js'
import type { Outcome } from '../../../src/domain/bootstrap/outcome.js'
import { outcome, sealed } from './outcomes.js'

const accountsOf = (outcomes: readonly Outcome[]): Accounts => {
  const accounts = new Accounts()
  for (const one of outcomes) accounts.add(one)
  return accounts
}
const accepted = (prompt: number, answers: number): Outcome => outcome('accepted', { prompt, answers })
const rejected = (prompt: number): Outcome => outcome('rejected', { prompt })
const dead = (prompt: number): Outcome => outcome('dead-lettered', { prompt, of: null })
const dropped = (prompt: number): Outcome => outcome('dropped', { prompt, answers: 1, of: null })
const again = (prompt: number, answers = 0): Outcome => outcome('replayed', { prompt, answers, of: null })
const lost = (prompt: number): Outcome => outcome('lost', { prompt, answers: 1, of: null })

describe('when a round of three prompts is complete', () => {
  it.each<[string, Outcome[], boolean]>([
    ['nothing came', [], false],
    ['a prompt has no end', [rejected(0), rejected(1)], false],
    ['a prompt ended twice', [rejected(0), rejected(1), rejected(1)], false],
    ['all were rejected', [rejected(0), rejected(1), rejected(2)], true],
    ['all are dead letters, and nobody knows of how many', [dead(0), dead(1), dead(2)], false],
    ['an answer is on its way', [accepted(0, 2), rejected(1), dead(2), sealed(1)], false],
    ['every answer is sealed', [accepted(0, 2), rejected(1), dead(2), sealed(1), sealed(1)], true],
    [
      'answers were sealed, dropped and lost',
      [accepted(0, 3), rejected(1), dead(2), sealed(1), dropped(0), lost(0)],
      true,
    ],
    ['the dataset is sealed again', [accepted(0, 2), rejected(1), dead(2), sealed(2), sealed(1, 2)], false],
    ['it is sealed again, whole', [accepted(0, 2), rejected(1), dead(2), sealed(2), sealed(1, 2), sealed(1, 2)], true],
    ['a letter is on its way again', [rejected(0), rejected(1), dead(2), again(2)], false],
    ['it has an end again', [rejected(0), rejected(1), dead(2), again(2), dead(2)], true],
    ['its word came before it', [rejected(0), rejected(1), rejected(2), again(2)], true],
    ['a lost answer is on its way again', [accepted(0, 1), rejected(1), dead(2), lost(0), again(0, 1)], false],
    ['it is sealed', [accepted(0, 1), rejected(1), dead(2), lost(0), again(0, 1), sealed(1)], true],
    [
      'negatives of a rejected prompt are on their way',
      [outcome('rejected', { prompt: 0, answers: 1 }), rejected(1), dead(2)],
      false,
    ],
    ['nothing goes on of a round that only measures', [accepted(0, 0), rejected(1), dead(2)], true],
    ['an old version comes late', [accepted(0, 2), rejected(1), dead(2), sealed(1, 2), sealed(1, 1)], false],
  ])('%s', (_, outcomes, complete) => {
    expect(accountsOf(outcomes).complete).toBe(complete)
  })
})

describe('a letter that is replayed', () => {
  it.each<[string, Outcome[], object]>([
    ['ends rejected', [dead(0), rejected(0)], { rejected: 1 }],
    ['ends accepted', [dead(0), accepted(0, 1)], { sealed: 1 }],
    ['ends as a letter again', [dead(0), dead(0)], { dead_lettered: 1 }],
    ['the word of the gate came before it', [rejected(0), dead(0)], { rejected: 1 }],
    ['two words of the gate', [accepted(0, 1), rejected(0)], { rejected: 1 }],
  ])('%s', (_, outcomes, ends) => {
    const none = { expected: 3, sealed: 0, rejected: 0, dropped: 0, measured: 0, dead_lettered: 0 }
    expect(accountsOf([...outcomes, outcome('rejected', { prompt: 2 })]).prompts()).toEqual({
      ...none,
      ...ends,
      rejected: ('rejected' in ends ? 1 : 0) + 1,
    })
  })

  it('waits for the answers of both words of the gate', () => {
    const twice = [accepted(0, 2), accepted(0, 1), rejected(1), rejected(2), sealed(2)]
    expect(accountsOf(twice).complete).toBe(false)
    expect(accountsOf([...twice, sealed(1)]).complete).toBe(true)
  })
})

it('a prompt is dropped when none of its answers is left', () => {
  const ends = [accepted(0, 2), dropped(0), lost(0), accepted(1, 2), dropped(1), rejected(2), sealed(1)]
  expect(accountsOf(ends).prompts()).toEqual({
    expected: 3,
    sealed: 1,
    rejected: 1,
    dropped: 1,
    measured: 0,
    dead_lettered: 0,
  })
  expect(accountsOf(ends).answers()).toEqual({ sealed: 1, dropped: 2, lost: 1 })
})

it('a prompt that is accepted where nothing goes on is measured', () => {
  const ends = [accepted(0, 0), accepted(1, 0), rejected(2)]
  expect(accountsOf(ends).prompts()).toMatchObject({ sealed: 0, dropped: 0, measured: 2, rejected: 1 })
})

/** What becomes of a prompt: its letters first, then the gate's word, and the end of each answer that went on. */
const fate = fc.record({
  letters: fc.nat(2),
  word: fc.constantFrom('accepted', 'rejected', null),
  answers: fc.array(fc.constantFrom('sealed', 'dropped', 'lost'), { minLength: 1, maxLength: 4 }),
})

it('whatever happens in whichever order, the ends sum to what was expected exactly when the round is complete', () => {
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (fates, shuffle, missing) => {
      const of = fates.length
      const outcomes = fates.flatMap(({ letters, word, answers }, prompt) => {
        const dead = Array.from({ length: word === null ? letters + 1 : letters }, () =>
          outcome('dead-lettered', { prompt, of }),
        )
        if (word === null) return dead
        if (word === 'rejected') return [...dead, outcome('rejected', { prompt, of })]
        const ends = answers.map(end => (end === 'sealed' ? sealed(1) : outcome(end, { prompt, answers: 1, of })))
        return [...dead, outcome('accepted', { prompt, of, answers: answers.length }), ...ends]
      })
      const mixed = outcomes
        .map((one, i) => [Math.imul(i + 1, shuffle | 1) ^ shuffle, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one)
      const ends = accountsOf(mixed).prompts()
      const { expected, sealed: inShards, ...others } = ends
      expect(inShards + Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(expected)
      expect(accountsOf(mixed).complete).toBe(true)
      expect(ends).toEqual(accountsOf(outcomes).prompts())

      const accepted = fates.filter(({ word }) => word === 'accepted')
      const someSealed = accepted.filter(({ answers }) => answers.includes('sealed')).length
      expect(ends).toEqual({
        expected: of,
        sealed: someSealed,
        dropped: accepted.length - someSealed,
        measured: 0,
        rejected: fates.filter(({ word }) => word === 'rejected').length,
        dead_lettered: fates.filter(({ word }) => word === null).length,
      })

      // Without any one of them something is not accounted for; a letter is an end as long as no other is known.
      const needed = mixed.filter(
        ({ end, prompt }) => ['sealed', 'dropped', 'lost'].includes(end) || fates[prompt!]!.letters === 0,
      )
      const without = needed[missing % needed.length]
      if (without) expect(accountsOf(mixed.filter(one => one !== without)).complete).toBe(false)
    }),
  )
})
