import { z } from 'zod'
import { parseOrUndefined } from '../../domain/json/json.js'
import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import { unknownId } from './committed-index.js'
import type { SchemaRegistry } from './registry.js'
import { type SchemaIndex, subjectOf } from './schema-index.js'

/** The part of JSON Schema that is checked here. */
interface JsonSchema {
  readonly title?: string | undefined
  readonly type?: string | readonly string[] | undefined
  readonly properties?: Readonly<Record<string, JsonSchema | boolean>> | undefined
  readonly required?: readonly string[] | undefined
  readonly additionalProperties?: unknown
  readonly items?: unknown
}

const JsonSchema: z.ZodType<JsonSchema> = z.looseObject({
  title: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.union([z.boolean(), z.lazy(() => JsonSchema)])).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
})

/**
 * Why no record of the writer's schema can pass the reader's, or null. It rejects only certain mismatches: another
 * title, or a required field that the writer excludes or gives another type. Everything finer is checked by the reader
 * for each record, and by the registry when it accepted the schema.
 */
export function whyUnreadable(readerText: string, writerText: string): string | null {
  const reader = JsonSchema.parse(JSON.parse(readerText))
  const writer = parsed(writerText)
  if (writer === null) return 'it is not a JSON Schema'
  if (writer.title !== reader.title) return `it is the schema of ${writer.title ?? 'something untitled'}`
  return conflict(reader, writer, '')
}

function parsed(text: string): JsonSchema | null {
  return JsonSchema.safeParse(parseOrUndefined(text)).data ?? null
}

function conflict(reader: JsonSchema, writer: JsonSchema, path: string): string | null {
  const wanted = typesOf(reader)
  const given = typesOf(writer)
  if (wanted !== null && given !== null && !given.some(type => wanted.includes(type))) {
    return `${path || 'a record'} is ${given.join(' or ')}, not ${wanted.join(' or ')}`
  }
  for (const key of reader.required ?? []) {
    const at = path === '' ? key : `${path}.${key}`
    const own = reader.properties?.[key]
    const other = writer.properties?.[key]
    if (other === false || (other === undefined && writer.additionalProperties === false)) return `it has no ${at}`
    const found = isSchema(own) && isSchema(other) ? conflict(own, other, at) : null
    if (found !== null) return found
  }
  const [own, other] = [JsonSchema.safeParse(reader.items), JsonSchema.safeParse(writer.items)]
  return own.success && other.success ? conflict(own.data, other.data, `${path}[]`) : null
}

const isSchema = (value: JsonSchema | boolean | undefined): value is JsonSchema => typeof value === 'object'

/** Types that a schema allows, null for any; integers count as numbers, since either may be valid as the other. */
const typesOf = ({ type }: JsonSchema): readonly string[] | null =>
  type === undefined ? null : [type].flat().map(name => (name === 'integer' ? 'number' : name))

/** How long a refusal is cached, in milliseconds: an unknown schema may be registered later. */
const refusalMs = 60_000
/** Pause after a failure of the registry, in milliseconds, since many records wait for it at once. */
const restMs = 500
/** Maximum number of cached refusals; a producer of garbage causes any number. */
const mostRefusals = 1000

/** Looks schemas up by id, each once at a time, and decides whether their records are readable. */
export class Lookups {
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #refused = new Map<string, { readonly until: number; readonly error: SteerflowError }>()
  #down: { readonly until: number; readonly error: SteerflowError } | null = null

  constructor(
    private readonly registry: SchemaRegistry,
    private readonly index: SchemaIndex,
    private readonly namespace: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Resolves if records with this id are readable in this topic.
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

/** During a run, credentials that stop working are an outage: they cause no dead letters. */
function asDown(thrown: unknown): SteerflowError {
  const error = asSteerflowError(thrown)
  if (error.code !== 'STEERFLOW_REGISTRY_REFUSED') return error
  return new SteerflowError('STEERFLOW_REGISTRY_DOWN', error.message, { cause: error })
}
