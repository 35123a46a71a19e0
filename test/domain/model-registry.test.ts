import { describe, expect, it } from 'vitest'
import { latestModels, register } from '../../src/domain/model-registry.js'
import { metric, trained } from '../support/training.js'

const states = (records: readonly { model: string; state: string }[]) =>
  records.map(({ model, state }) => [model.at(-1), state])

const first = register(null, trained('a'.repeat(64), [metric(0.5, 0.45)]))

describe('register', () => {
  it('makes the first model of a role active', () => {
    expect(states(first.records)).toEqual([
      ['a', 'registered'],
      ['a', 'active'],
    ])
    expect(first.active.reason).toBe('the first model of its role')
  })

  it('changes nothing for the model that is active already', () => {
    expect(register(first.active, trained('a'.repeat(64), [metric(0.1)]))).toEqual({
      active: first.active,
      records: [],
    })
  })

  it('replaces the active model by one inside its interval', () => {
    const { active, records } = register(first.active, trained('b'.repeat(64), [metric(0.45)]))
    expect(active.model).toBe('value-model-bbbbbbbbbbbb')
    expect(states(records)).toEqual([
      ['b', 'registered'],
      ['b', 'active'],
      ['a', 'retired'],
    ])
  })

  it('only registers one below the interval, with the figures', () => {
    const { active, records } = register(first.active, trained('b'.repeat(64), [metric(0.44)]))
    expect(active).toBe(first.active)
    expect(states(records)).toEqual([['b', 'registered']])
    expect(records[0]?.reason).toBe(
      'not active: held-out quality correlation 0.440, value-model-aaaaaaaaaaaa at least 0.450',
    )
  })

  it.each([[[]], [[metric(null)]]])('leaves the choice to a person without figures', metrics => {
    expect(states(register(first.active, trained('b'.repeat(64), metrics)).records)).toEqual([['b', 'registered']])
  })
})

describe('latestModels', () => {
  it('is the last state of each model', () => {
    const { records } = register(first.active, trained('b'.repeat(64), [metric(0.6)]))
    expect(states(latestModels([...first.records, ...records]))).toEqual([
      ['a', 'retired'],
      ['b', 'active'],
    ])
  })
})
