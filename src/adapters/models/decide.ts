import { SteerflowError } from '../../domain/errors.js'
import { activation, emptyRole, rollback, type Registry } from '../../domain/model-registry.js'
import { type ModelRecord } from '../../domain/model.js'
import { type Log } from '../../runtime/log.js'
import { encode } from '../../stages/bind.js'
import { type Topic } from '../../stages/topic.js'
import { readRegistry } from './active-model.js'

type Models = Topic<typeof ModelRecord>

/** Models that configured endpoints serve, and the attribute set that they predict. */
export interface Declared {
  readonly models: readonly string[]
  readonly attributeSet: string
}

/** What a person's decision came to. */
export interface Decision {
  readonly active: ModelRecord
  /** The model that was active before, null when there was none. */
  readonly before: ModelRecord | null
  /** False where it was so already, and nothing was written. */
  readonly changed: boolean
}

/**
 * Makes a model active. Its records go into the registry together; beside a running pipeline and other persons the latest
 * active record of a role wins, so that no lock is needed.
 * @throws STEERFLOW_USAGE when neither the registry nor an endpoint knows a model of that name.
 */
export async function promoteModel(log: Log, topic: Models, name: string, declared: Declared): Promise<Decision> {
  const registry = await readRegistry(log, topic)
  const known = inRegistry(registry, name)
  const model = known ?? external(name, declared, registry)
  const state = registry.get(model.role) ?? emptyRole
  if (state.active?.model === model.model) return { active: state.active, before: state.active, changed: false }
  const records = activation(state, model, { reason: 'person: promoted', decided_by: 'person' })
  await log.publish((known ? records : [model, ...records]).map(record => encode(topic, record)))
  return { active: records[0]!, before: state.active, changed: true }
}

/**
 * Goes back to the model that was active before the active one; called again, one further.
 * @throws STEERFLOW_USAGE when none was active before.
 */
export async function rollbackModel(log: Log, topic: Models, role: ModelRecord['role']): Promise<Decision> {
  const state = (await readRegistry(log, topic)).get(role) ?? emptyRole
  const records = rollback(state)
  if (!records) {
    const why = state.active ? `no model was active before ${state.active.model}` : 'no model is active'
    throw new SteerflowError('STEERFLOW_USAGE', `${why}: there is nothing to go back to in role ${role}`)
  }
  await log.publish(records.map(record => encode(topic, record)))
  return { active: records[0]!, before: state.active, changed: true }
}

const inRegistry = (registry: Registry, name: string): ModelRecord | null => {
  const models = [...registry.values()].flatMap(role => [...role.models.values()])
  return models.find(({ model }) => model === name) ?? models.find(({ digest }) => digest === name) ?? null
}

/** The registration of a model that endpoints declare. */
function external(name: string, { models, attributeSet }: Declared, registry: Registry): ModelRecord {
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
