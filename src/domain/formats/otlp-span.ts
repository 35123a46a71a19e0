import { isFields, type Fields } from './meaning.js'

/** Attributes by name, as plain values. */
export type Attributes = Readonly<Record<string, unknown>>

/** A span, whoever exported it. */
export interface Span {
  readonly name: string
  readonly attributes: Attributes
  /** Its place in the record, for messages. */
  readonly at: string
  /** Whether the call failed. */
  readonly failed: boolean
}

/** The value of OTLP's AnyValue. */
function plainValue(value: unknown): unknown {
  if (!isFields(value)) return value
  for (const key of [
    'stringValue',
    'intValue',
    'doubleValue',
    'boolValue',
    'string_value',
    'int_value',
    'double_value',
    'bool_value',
  ])
    if (Object.hasOwn(value, key)) return value[key]
  const list = value['arrayValue'] ?? value['array_value']
  if (isFields(list)) return Array.isArray(list['values']) ? list['values'].map(plainValue) : []
  const fields = value['kvlistValue'] ?? value['kvlist_value']
  if (isFields(fields)) return attributesOf(fields['values'])
  return value
}

/** Attributes as OTLP lists them, or as an object, which may be nested. */
export function attributesOf(given: unknown): Attributes {
  if (Array.isArray(given)) {
    const pairs = (given as unknown[]).filter(isFields)
    return Object.fromEntries(
      pairs.flatMap(({ key, value }) => (typeof key === 'string' ? [[key, plainValue(value)]] : [])),
    )
  }
  if (!isFields(given)) return {}
  const flat: Record<string, unknown> = {}
  const open: { readonly path: string; readonly fields: Fields }[] = [{ path: '', fields: given }]
  for (let next = open.pop(); next; next = open.pop()) {
    for (const [key, value] of Object.entries(next.fields)) {
      const path = next.path + key
      if (isFields(value)) open.push({ path: `${path}.`, fields: value })
      else flat[path] = value
      if (Array.isArray(value))
        for (const [index, one] of value.entries())
          if (isFields(one)) open.push({ path: `${path}.${index}.`, fields: one })
    }
  }
  return flat
}

const listIn = (fields: Fields, ...keys: readonly string[]): readonly Fields[] => {
  const list = keys.map(key => fields[key]).find(Array.isArray)
  return ((list ?? []) as unknown[]).filter(isFields)
}

/** Whether a status of OTLP is an error, spelled as a number or by name. */
function isFailed(status: unknown): boolean {
  const code = isFields(status) ? (status['code'] ?? status['status_code']) : status
  return code === 2 || (typeof code === 'string' && /^(?:STATUS_CODE_)?ERROR$/i.test(code))
}

/** A span with the attributes of its events, which hold the messages in some versions. */
function spanOf(span: Fields, at: string): Span {
  const own = attributesOf(span['attributes'])
  const events = listIn(span, 'events').map(event => attributesOf(event['attributes']))
  return {
    name: typeof span['name'] === 'string' ? span['name'] : '',
    attributes: Object.assign({}, ...events, own) as Attributes,
    at,
    failed: isFailed(span['status']) || (typeof own['error.type'] === 'string' && own['error.type'] !== ''),
  }
}

/** Keys that say that a span is one of a call of a model. */
const ofModels = /^(?:gen_ai|llm|ai|openinference|input|output)\./

/** The spans of a record: of an OTLP export, or the record itself. Null if it has none. */
export function spansOf(record: Fields): readonly Span[] | null {
  const resources = record['resourceSpans'] ?? record['resource_spans']
  if (Array.isArray(resources)) {
    return listIn(record, 'resourceSpans', 'resource_spans').flatMap((resource, r) =>
      listIn(resource, 'scopeSpans', 'scope_spans', 'instrumentationLibrarySpans').flatMap((scope, s) =>
        listIn(scope, 'spans').map((span, i) => spanOf(span, `resourceSpans[${r}].scopeSpans[${s}].spans[${i}]`)),
      ),
    )
  }
  const isList = Array.isArray(record['attributes'])
  if (isList || isFields(record['attributes'])) {
    const span = spanOf(record, 'attributes')
    const names = Object.keys(span.attributes)
    return names.some(name => ofModels.test(name)) || (isList && 'name' in record) ? [span] : null
  }
  // Tables of spans have a column for each attribute.
  const columns = Object.entries(record).flatMap(([key, value]) => {
    const name = key.startsWith('attributes.') ? key.slice('attributes.'.length) : key
    return /^(?:gen_ai|llm|ai)\./.test(name) && value !== null ? [[name, value] as const] : []
  })
  if (columns.length === 0) return null
  return [
    {
      name: typeof record['name'] === 'string' ? record['name'] : '',
      attributes: Object.fromEntries(columns),
      at: '',
      failed: false,
    },
  ]
}
