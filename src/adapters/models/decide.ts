import { SteerflowError } from '../../domain/errors.js'
import { activation, emptyRole, rollback, type ModelRegistry, type RoleState } from '../../domain/model-registry.js'
import type { ModelRecord } from '../../domain/model.js'
import type { Log } from '../../runtime/log.js'
import { encode } from '../../stages/node.js'
import type { Topic } from '../../stages/topic.js'
import { readRegistry } from './active-model.js'

type Models = Topic<typeof ModelRecord>

/** The models of configured endpoints, and the attribute set that they predict. */
export interface Declared {
  readonly models: readonly string[]
  readonly attributeSet: string
  /** True if the configuration names that set: a model with another registered set is then registered again. */
  readonly asked?: boolean
}

/** Why the files of a model cannot be used; null if they exist or are not needed. */
export type Missing = (model: ModelRecord) => string | null

const nothingMissing: Missing = () => null

export interface ModelDecision {
  readonly active: ModelRecord
  /** The previously active model, null if there was none. */
  readonly before: ModelRecord | null
  /** False if nothing had to be written. */
  readonly changed: boolean
}

/**
 * Makes a model active. Its records go into the registry together. The latest active record of a role wins, also
 * against a running pipeline or another person, so no lock is needed.
 * @throws STEERFLOW_USAGE if neither the registry nor an endpoint knows a model of that name, or its files are gone.
 */
export async function promoteModel(
  log: Log,
  topic: Models,
  name: string,
  declared: Declared,
  missing = nothingMissing,
): Promise<ModelDecision> {
  const registry = await readRegistry(log, topic)
  const known = inRegistry(registry, name)
  const model = known ? asDeclared(known, declared) : external(name, declared, registry)
  const state = registry.get(model.role) ?? emptyRole
  if (state.active?.model === model.model && state.active.attribute_set === model.attribute_set)
    return { active: state.active, before: state.active, changed: false }
  refuseMissing(state, model, missing)
  const records = activation(state, model, { reason: 'person: promoted', decided_by: 'person' })
  await log.publish((known ? records : [model, ...records]).map(record => encode(topic, record)))
  return { active: records[0]!, before: state.active, changed: true }
}

/**
 * Activates the previously active model again; each call goes back one further.
 * @throws STEERFLOW_USAGE if there is no previous model, or its files are gone.
 */
export async function rollbackModel(
  log: Log,
  topic: Models,
  role: ModelRecord['role'],
  missing = nothingMissing,
): Promise<ModelDecision> {
  const state = (await readRegistry(log, topic)).get(role) ?? emptyRole
  const records = rollback(state)
  if (!records) {
    const why = state.active ? `no model was active before ${state.active.model}` : 'no model is active'
    throw new SteerflowError('STEERFLOW_USAGE', `${why}: there is nothing to go back to in role ${role}`)
  }
  refuseMissing(state, records[0]!, missing)
  await log.publish(records.map(record => encode(topic, record)))
  return { active: records[0]!, before: state.active, changed: true }
}

/** A model without its files would make its users wait, or stop the process that has to serve it. */
function refuseMissing({ models }: RoleState, model: ModelRecord, missing: Missing): void {
  const why = missing(model)
  if (why === null) return
  const there = [...models.values()].filter(one => missing(one) === null).map(one => one.model)
  const next = there.length === 0 ? 'no model of its role has its files' : `these can be promoted: ${there.join(', ')}`
  throw new SteerflowError('STEERFLOW_USAGE', `the model ${model.model} has no files: ${why}; ${next}`)
}

/** The registered attribute set of an external model may be wrong, or its server may have another model by now. */
const asDeclared = (known: ModelRecord, { models, attributeSet, asked = false }: Declared): ModelRecord =>
  asked && known.kind === 'external' && (models.includes(known.model) || models.includes(known.digest))
    ? { ...known, attribute_set: attributeSet }
    : known

const inRegistry = (registry: ModelRegistry, name: string): ModelRecord | null => {
  const models = [...registry.values()].flatMap(role => [...role.models.values()])
  return models.find(({ model }) => model === name) ?? models.find(({ digest }) => digest === name) ?? null
}

/** The registration of a model that endpoints declare. */
function external(name: string, { models, attributeSet }: Declared, registry: ModelRegistry): ModelRecord {
  if (!models.includes(name)) {
    const known = [...registry.values()].flatMap(role => [...role.models.keys()])
    const names = [...new Set([...known, ...models])].join(', ') || 'none'
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `no model is called ${name}, in the registry or at endpoints; known: ${names}`,
    )
  }
  return {
    model: name,
    role: 'value',
    digest: name,
    path: '',
    kind: 'external',
    attribute_set: attributeSet,
    dataset: '',
    snapshot: '',
    job: '',
    metrics: [],
    state: 'registered',
    reason: 'person: declared by an endpoint',
    decided_by: 'person',
  }
}
