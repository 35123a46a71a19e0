/** Replacement of a secret. */
export const redactedText = '[redacted]'

/**
 * True for names whose values are never logged, in any spelling (`apiKey`, `api_key`, `X-API-Key`) and with any prefix
 * (`clientSecret`, `sslKeyPassword`).
 */
export const isSecretName = (name: string): boolean =>
  /(?:token|secret|password|passwd|passphrase|authorization|cookie|credentials?|apikey|privatekey|secretkey|accesskey)$/.test(
    name.toLowerCase().replace(/[^a-z0-9]/g, ''),
  )

/** Depth limit, larger than the depth of any event here. */
const deepest = 24
/** Length limit of a text: a server may answer with a whole page. */
const longestText = 8192

/**
 * A JSON-compatible copy for the log, without the values of secret names at any depth: in arrays, maps, errors and their
 * causes, and results of `toJSON`. Never throws, even if a getter does.
 */
export function redacted(value: unknown): unknown {
  return copy(value, [])
}

function copy(value: unknown, within: readonly object[]): unknown {
  if (typeof value === 'string') return value.length > longestText ? `${value.slice(0, longestText)}…` : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (within.includes(value)) return '[circular]'
  if (within.length >= deepest) return '[deep]'
  const inner = [...within, value]
  try {
    return copyOf(value, inner)
  } catch {
    return '[unreadable]'
  }
}

function copyOf(value: object, within: readonly object[]): unknown {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map(one => copy(one, within))
  if (value instanceof Set) return [...value].map(one => copy(one, within))
  if (value instanceof Map)
    return fields(
      [...value].map(([name, one]) => [String(name), one]),
      within,
    )
  if (value instanceof Error) {
    const { name, message, cause } = value
    return fields([['type', name], ['message', message], ['cause', cause], ...Object.entries(value)], within)
  }
  if (hasToJson(value)) return copy(value.toJSON(), within)
  return fields(Object.entries(value), within)
}

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function'

const fields = (entries: readonly (readonly [string, unknown])[], within: readonly object[]): unknown =>
  Object.fromEntries(
    entries.map(([name, value]) => [name, isSecretName(name) && value ? redactedText : copy(value, within)]),
  )

/**
 * A log line without secrets that can be recognised inside text: credentials in URLs, keys in queries, bearer tokens. Each
 * pattern starts with fixed letters, so the time is linear.
 */
export const redactedLine = (line: string): string =>
  line
    .replace(/(\b[a-z]{2,10}:\/\/)[^\s/?#"@\\]{1,512}@/gi, `$1${redactedText}@`)
    .replace(/(\bBearer )[\w.~+/=-]+/gi, `$1${redactedText}`)
    .replace(
      /([?&](?:[\w-]{0,32}(?:token|secret|password|apikey|api_key|api-key|signature)|sig|key)=)[^&\s"\\]+/gi,
      `$1${redactedText}`,
    )
