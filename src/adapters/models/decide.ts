import { SteerflowError } from '../../domain/errors.js'
import { activation, emptyRole, rollback, type ModelRegistry, type RoleState } from '../../domain/model-registry.js'
import type { ModelRecord } from '../../domain/model.js'
import type { Log } from '../../runtime/log.js'
import { encode } from '../../stages/node.js'
import type { Topic } from '../../stages/topic.js'
import { readRegistry } from './active-model.js'

type Models = Topic<typeof ModelRecord>

/** Models that configured endpoints serve, and the attribute set that they predict. */
export interface Declared {
  readonly models: readonly string[]
  readonly attributeSet: string
  /** Whether the configuration names that set: a model that was registered with another one is then registered anew. */
  readonly asked?: boolean
}

/** Why the files of a model cannot be used; null where they are there, or nobody needs them. */
export type Missing = (model: ModelRecord) => string | null

const nothingMissing: Missing = () => null

/** What a person's decision came to. */
export interface ModelDecision {
  readonly active: ModelRecord
  /** The model that was active before, null when there was none. */
  readonly before: ModelRecord | null
  /** False where it was so already, and nothing was written. */
  readonly changed: boolean
}

/**
 * Makes a model active. Its records go into the registry together; beside a running pipeline and other persons the latest
 * active record of a role wins, so that no lock is needed.
 * @throws STEERFLOW_USAGE when neither the registry nor an endpoint knows a model of that name, or its files are gone.
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
 * Goes back to the model that was active before the active one; called again, one further.
 * @throws STEERFLOW_USAGE when none was active before, or its files are gone.
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

/** A model without its files would be waited for, or stop whoever is to serve it. */
function refuseMissing({ models }: RoleState, model: ModelRecord, missing: Missing): void {
  const why = missing(model)
  if (why === null) return
  const there = [...models.values()].filter(one => missing(one) === null).map(one => one.model)
  const next = there.length === 0 ? 'no model of its role has its files' : `these can be promoted: ${there.join(', ')}`
  throw new SteerflowError('STEERFLOW_USAGE', `the model ${model.model} has no files: ${why}; ${next}`)
}

/** What a person said of the set of a model that servers of others give may have been wrong, or their model is another. */
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
