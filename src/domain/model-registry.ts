import type { ModelRecord } from './model.js'

/** The state of one role after its records so far. */
export interface RoleState {
  /** The newest record of each model, in the order in which the models were first named. */
  readonly models: ReadonlyMap<string, ModelRecord>
  readonly active: ModelRecord | null
  /** Names of the models that were active in turn, without those that were rolled back; the last one is active. */
  readonly history: readonly string[]
  /** Models that a job made and that await a decision, oldest first. */
  readonly undecided: readonly ModelRecord[]
}

export const emptyRole: RoleState = { models: new Map(), active: null, history: [], undecided: [] }

/** Each role's state. */
export type ModelRegistry = ReadonlyMap<ModelRecord['role'], RoleState>

/**
 * The state after a record. The latest active record of a role wins and retires the model that was active before, whether or
 * not a record says so: writers that did not know of each other still leave a registry that every reader reads alike. A
 * later record that gives the active model another state comes from such a writer and changes nothing.
 */
export function withRecord(state: RoleState, record: ModelRecord): RoleState {
  const { model } = record
  if (record.state === 'active') return activated(state, record)
  const known = state.models.get(model)
  const undecided =
    known === undefined && record.state === 'registered' && record.decided_by === undefined
      ? [...state.undecided, record]
      : state.undecided.filter(one => one.model !== model || record.decided_by === undefined)
  // A model that is made again, byte for byte, keeps its place.
  if (state.active?.model === model || (known && record.decided_by === undefined && record.state === 'registered')) {
    return { ...state, undecided }
  }
  return { ...state, undecided, models: new Map(state.models).set(model, record) }
}

function activated(state: RoleState, record: ModelRecord): RoleState {
  const models = new Map(state.models)
  const before = state.active
  if (before && before.model !== record.model) {
    models.set(before.model, { ...before, state: 'retired', reason: `replaced by ${record.model}` })
  }
  const at = record.rolled_back_from === undefined ? -1 : state.history.lastIndexOf(record.model)
  const kept = at >= 0 ? state.history.slice(0, at) : state.history
  return {
    models: models.set(record.model, record),
    active: record,
    history: kept.at(-1) === record.model ? kept : [...kept, record.model],
    undecided: state.undecided.filter(one => one.model !== record.model),
  }
}

/** The registry after these records. */
export function registryOf(records: readonly ModelRecord[], before: ModelRegistry = new Map()): ModelRegistry {
  const roles = new Map(before)
  for (const record of records) roles.set(record.role, withRecord(roles.get(record.role) ?? emptyRole, record))
  return roles
}

/** The newest record of each model, in the order in which the models were first registered. */
export const latestModels = (records: readonly ModelRecord[]): readonly ModelRecord[] =>
  [...registryOf(records).values()].flatMap(role => [...role.models.values()])

/** The active model of a role; null if there is none. */
export const activeModel = (records: readonly ModelRecord[], role: ModelRecord['role']): ModelRecord | null =>
  registryOf(records).get(role)?.active ?? null

type Decided = Pick<ModelRecord, 'reason' | 'rolled_back_from'> & { readonly decided_by: 'rule' | 'person' }

/** The records that activate a model: its own, then that of the model it replaces. */
export function activation(state: RoleState, model: ModelRecord, decided: Decided): readonly ModelRecord[] {
  const { rolled_back_from: _, ...fields } = model
  const promoted: ModelRecord = { ...fields, ...decided, state: 'active' }
  const { active } = state
  if (!active || active.model === model.model) return [promoted]
  const { rolled_back_from: __, ...old } = active
  const reason = `${decided.decided_by}: replaced by ${model.model}`
  return [promoted, { ...old, state: 'retired', reason, decided_by: decided.decided_by }]
}

/** The records with which a person rolls back to the previously active model; null if there is none. */
export function rollback(state: RoleState): readonly ModelRecord[] | null {
  const { active } = state
  const before = state.models.get(state.history.at(-2) ?? '')
  if (!active || !before) return null
  const reason = `person: rolled back from ${active.model}`
  return activation(state, before, { reason, decided_by: 'person', rolled_back_from: active.model })
}
