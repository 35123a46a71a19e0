import { describe, expect, it } from 'vitest'
import { judge, KeepRule } from '../../src/domain/keep.js'
import { neededBy, type OnRecord } from '../../src/domain/needed.js'
import { round, roundEvent } from '../support/rounds.js'
import { job, registered, snapshot } from '../support/training.js'

const rule = KeepRule(2).parse({})
const now = 1_000_000_000
const ago = (ms: number, name: string, ...needed: readonly string[]) => ({ name, at: now - ms, needed })
const kept = (verdicts: ReturnType<typeof judge>) => verdicts.filter(({ keep }) => keep).map(({ name }) => name)

describe('a rule', () => {
  it('keeps the newest, what is needed, and what was made just now', () => {
    const things = [ago(5e6, 'old'), ago(1e6, 'a'), ago(2e6, 'b'), ago(3e6, 'c'), ago(9e6, 'm', 'model x is active')]
    const verdicts = judge(things, rule, now)
    expect(kept(verdicts)).toEqual(['a', 'b', 'm'])
    expect(verdicts.find(({ name }) => name === 'm')?.why).toEqual(['model x is active'])
    expect(verdicts.find(({ name }) => name === 'old')?.why[0]).toContain('nothing needs it')
    expect(kept(judge([ago(1, 'a'), ago(2, 'b'), ago(59_000, 'c'), ago(61_000, 'd')], rule, now))).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  it('keeps by days beside', () => {
    const days = KeepRule(1).parse({ days: 1 })
    expect(kept(judge([ago(1e6, 'a'), ago(80e6, 'b'), ago(90e6, 'c')], days, now))).toEqual(['a', 'b'])
  })

  it('does not depend on the order in which things are told, nor on their number', () => {
    const things = Array.from({ length: 50 }, (_, index) => ago(70_000 + 1000 * (index % 7), `n${index}`))
    const there = kept(judge(things, rule, now))
    expect(kept(judge(things.toReversed(), rule, now))).toEqual(there)
    expect(there).toHaveLength(2)
    expect(() => KeepRule(2).parse({ count: 0 })).toThrow()
  })
})

const none: OnRecord = { jobs: [], models: [], rounds: [], keepModels: 1 }
const needs = (record: Partial<OnRecord>) => {
  const found = neededBy({ ...none, ...record })
  return { snapshot: found.snapshot(snapshot.dataset, snapshot.digest), job: found.job(job().job) }
}

describe('what is needed', () => {
  it('are snapshots and folders of jobs that have not ended, or of which nobody can tell', () => {
    expect(needs({ jobs: [job()] })).toMatchObject({
      job: ['it is requested'],
      snapshot: [expect.stringContaining('requested')],
    })
    const launching = job({ state: 'launching', attempt: 1 })
    expect(needs({ jobs: [job(), launching] }).job).toEqual(['it is launching'])
    expect(needs({ jobs: [job(), launching, job({ state: 'unknown', attempt: 1 })] }).job).toEqual(['it is unknown'])
    for (const end of [job({ state: 'failed', attempt: 1 })])
      expect(needs({ jobs: [job(), launching, end] })).toEqual({ job: [], snapshot: [] })
  })

  it('is of rendered jobs the newest of a dataset', () => {
    const later = job({ job: 'later', state: 'rendered' })
    const first = [job(), job({ state: 'rendered' })]
    expect(needs({ jobs: first }).job).toEqual(['it waits for somebody to run it'])
    expect(needs({ jobs: [...first, { ...later, state: 'requested' }, later] }).job).toEqual([])
  })

  it('is what active models, the last ones and those of rounds were made of', () => {
    const model = (letter: string) => ({ ...registered(letter), snapshot: letter, job: `job-${letter}` })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(model)
    const found = (record: Partial<OnRecord>) => {
      const { job } = neededBy({ ...none, ...record })
      return ['a', 'b', 'c', 'd'].filter(letter => job(`job-${letter}`).length > 0).join('')
    }
    const decided = { decided_by: 'rule' as const }
    const models = [a!, b!, c!, d!].map(one => ({ ...one, ...decided }))
    expect(found({ models })).toBe('d')
    expect(found({ models, keepModels: 2 })).toBe('cd')
    expect(found({ models, keepModels: null })).toBe('abcd')
    // About the last nothing is decided yet: the rule of promotion is to look at it.
    expect(found({ models: [a!, ...models.slice(1)] })).toBe('ad')
    expect(found({ models: [...models, { ...models[1]!, state: 'active' }] })).toBe('bd')
    const opened = roundEvent('opened', { opening: round({ value_model: models[2]!.digest }) })
    expect(found({ models, rounds: [opened] })).toBe('cd')
  })

  it('is what a round is made of', () => {
    const opened = roundEvent('opened', { opening: round({ snapshot }) })
    expect(needs({ rounds: [opened] }).snapshot).toEqual([expect.stringContaining('is made of it')])
  })
})
