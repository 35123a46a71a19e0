import { z } from 'zod'

/** As much of JSON Schema as this looks at. */
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
 * Why no record of the writer's schema can pass the reader's, or null. It refuses only what is certain: another title, a
 * field that the reader needs and the writer rules out or gives another type. Everything finer is decided for each record
 * by the reader itself, and was decided for the schema by the registry when it took it.
 */
export function whyUnreadable(readerText: string, writerText: string): string | null {
  const reader = JsonSchema.parse(JSON.parse(readerText))
  const writer = parsed(writerText)
  if (writer === null) return 'it is not a JSON Schema'
  if (writer.title !== reader.title) return `it is the schema of ${writer.title ?? 'something untitled'}`
  return conflict(reader, writer, '')
}

function parsed(text: string): JsonSchema | null {
  try {
    return JsonSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
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

/** Types that a schema allows, null for any; an integer may be a number and the other way round. */
const typesOf = ({ type }: JsonSchema): readonly string[] | null =>
  type === undefined ? null : [type].flat().map(name => (name === 'integer' ? 'number' : name))
