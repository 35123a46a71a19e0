import { describe, expect, it } from 'vitest'
import {
  activation,
  activeModel,
  emptyRole,
  latestModels,
  registryOf,
  rollback,
  type RoleState,
  withRecord,
} from '../../src/domain/model-registry.js'
import type { ModelRecord } from '../../src/domain/model.js'
import { registered } from '../support/training.js'

const [a, b, c] = ['a', 'b', 'c'].map(letter => registered(letter)) as [ModelRecord, ModelRecord, ModelRecord]
const folded = (records: readonly ModelRecord[], state = emptyRole): RoleState => records.reduce(withRecord, state)
const by = { reason: 'person: promoted', decided_by: 'person' } as const
const promoted = (state: RoleState, model: ModelRecord): RoleState => folded(activation(state, model, by), state)
const back = (state: RoleState): RoleState => folded(rollback(state)!, state)
const states = (records: Iterable<ModelRecord>) => [...records].map(({ model, state }) => [model.at(-1), state])
const letter = (state: RoleState) => state.active?.model.at(-1)

describe('activation', () => {
  it('retires what was active, and says who asked', () => {
    const state = promoted(folded([a, b]), a)
    const records = activation(state, b, by)
    expect(states(records)).toEqual([
      ['b', 'active'],
      ['a', 'retired'],
    ])
    expect(records.map(({ reason }) => reason)).toEqual(['person: promoted', `person: replaced by ${b.model}`])
  })

  it('of writers that did not know of each other leaves the last one active, for all readers', () => {
    const state = promoted(folded([a, b, c]), a)
    const records = [...activation(state, b, by), ...activation(state, c, by)]
    expect(letter(folded(records, state))).toBe('c')
    expect(states(folded(records, state).models.values())).toEqual([
      ['a', 'retired'],
      ['b', 'retired'],
      ['c', 'active'],
    ])
  })
})

describe('the active model', () => {
  it('is that of the latest active record, also when an older model comes back', () => {
    const first = activation(emptyRole, a, by)
    const second = activation(folded(first), b, by)
    const third = rollback(folded([...first, ...second]))!
    const records = [a, b, ...first, ...second, ...third]
    expect(activeModel(records, 'value')?.model).toBe(a.model)
    expect(activeModel(records, 'steerlm')).toBeNull()
    expect(states(latestModels(records))).toEqual([
      ['a', 'active'],
      ['b', 'retired'],
    ])
  })

  it('stays when it is made again', () => {
    const state = folded([a], promoted(folded([a]), a))
    expect([letter(state), states(state.models.values()), state.undecided]).toEqual(['a', [['a', 'active']], []])
  })

  it('is one of each role', () => {
    const other: ModelRecord = { ...b, role: 'steerlm', state: 'active' }
    const registry = registryOf([{ ...a, state: 'active' }, other])
    expect([...registry].map(([role, { active }]) => [role, active?.model])).toEqual([
      ['value', a.model],
      ['steerlm', b.model],
    ])
  })
})

describe('rollback', () => {
  const three = [a, b, c].reduce(promoted, folded([a, b, c]))

  it('goes one further each time, until nothing is left', () => {
    const once = back(three)
    expect([letter(once), once.active?.reason]).toEqual(['b', `person: rolled back from ${c.model}`])
    const twice = back(once)
    expect(letter(twice)).toBe('a')
    expect(rollback(twice)).toBeNull()
    expect(rollback(emptyRole)).toBeNull()
  })

  it('goes back from what was promoted after a rollback to what was active then', () => {
    expect(letter(back(promoted(back(three), c)))).toBe('b')
  })

  it('asked for twice by persons who did not see each other goes back once', () => {
    const records = rollback(three)!
    const state = folded([...records, ...records], three)
    expect([letter(state), state.history.length]).toEqual(['b', 2])
  })
})

describe('what nobody has decided about', () => {
  it('is a model that a job made, until a record decides', () => {
    const state = folded([a, b])
    expect(state.undecided).toEqual([a, b])
    expect(folded([{ ...a, decided_by: 'rule' }], state).undecided).toEqual([b])
    expect(promoted(state, b).undecided).toEqual([a])
    expect(folded([{ ...c, decided_by: 'person' }]).undecided).toEqual([])
  })
})
