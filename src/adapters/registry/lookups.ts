import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import { unknownId } from './committed-index.js'
import { whyUnreadable } from './readable.js'
import { type Registry } from './registry.js'
import { type SchemaIndex, subjectOf } from './schema-index.js'

/** How long a refusal is remembered, in milliseconds: what is unknown now may be registered later. */
const refusalMs = 60_000
/** How long a registry that is down is left alone, in milliseconds: many records wait for it at once. */
const restMs = 500
/** Refusals that are remembered; a producer of garbage makes any number. */
const mostRefusals = 1000

/** Looks schemas up by id, each once at a time, and says whether their records can be read. */
export class Lookups {
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #refused = new Map<string, { readonly until: number; readonly error: SteerflowError }>()
  #down: { readonly until: number; readonly error: SteerflowError } | null = null

  constructor(
    private readonly registry: Registry,
    private readonly index: SchemaIndex,
    private readonly namespace: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Resolves when records with this id may be read from this topic.
   * @throws STEERFLOW_SCHEMA_UNKNOWN, STEERFLOW_SCHEMA_INCOMPATIBLE, STEERFLOW_REGISTRY_DOWN
   */
  async mayRead(topic: string, id: number): Promise<void> {
    const key = `${topic} ${id}`
    const refused = this.#refused.get(key)
    if (refused && refused.until > this.now()) throw refused.error
    if (this.#down && this.#down.until > this.now()) throw this.#down.error
    let lookup = this.#underWay.get(key)
    if (!lookup) {
      lookup = this.#look(topic, id, key).finally(() => this.#underWay.delete(key))
      this.#underWay.set(key, lookup)
    }
    return lookup
  }

  async #look(topic: string, id: number, key: string): Promise<void> {
    let refusal: SteerflowError | null
    try {
      refusal = await this.#verdict(topic, id)
    } catch (thrown) {
      const error = asDown(thrown)
      this.#down = { until: this.now() + restMs, error }
      throw error
    }
    if (refusal === null) return
    if (this.#refused.size >= mostRefusals) this.#refused.clear()
    this.#refused.set(key, { until: this.now() + refusalMs, error: refusal })
    throw refusal
  }

  async #verdict(topic: string, id: number): Promise<SteerflowError | null> {
    const subject = subjectOf(topic, this.namespace)
    const schema = await this.registry.byId(subject, id)
    if (schema === null) return unknownId(topic, id)
    const refuse = (why: string) =>
      new SteerflowError('STEERFLOW_SCHEMA_INCOMPATIBLE', `${topic}: schema ${id}: ${why}`)
    if (schema.type !== 'JSON') return refuse(`it is ${schema.type}, not JSON Schema`)
    if (!(await this.registry.holds(subject, schema))) return refuse(`it is not registered under ${subject}`)
    const why = whyUnreadable(this.index.text(this.index.versions(topic).at(-1)!), schema.text)
    return why === null ? null : refuse(why)
  }
}

/** While records are under way, credentials that no longer work are an outage: nothing is dead-lettered for them. */
function asDown(thrown: unknown): SteerflowError {
  const error = asSteerflowError(thrown)
  if (error.code !== 'STEERFLOW_REGISTRY_REFUSED') return error
  return new SteerflowError('STEERFLOW_REGISTRY_DOWN', error.message, { cause: error })
}
