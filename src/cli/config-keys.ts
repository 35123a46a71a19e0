import type { z } from 'zod'
import type { Flow } from '../flow.js'
import { type Config, jsonSchemaOf } from './config.js'
import { perFlow } from './per-flow.js'

type Schema = z.core.JSONSchema.JSONSchema

/** A configuration key with a value, at any depth. */
export interface ConfigKey {
  readonly path: readonly string[]
  /** Never shown. */
  readonly secret: boolean
  /** Accepts only text. */
  readonly text: boolean
}

/** The forms of a schema that have keys of their own. */
export const formsOf = (schema: Schema): readonly Schema[] =>
  [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
    .flatMap(form => (typeof form === 'object' && form !== schema ? formsOf(form) : [form]))
    .filter(form => typeof form === 'object' && form.properties !== undefined)

/** True if a schema accepts anything besides an object with keys of its own. */
const takesValue = (schema: Schema): boolean => {
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  return forms.length > 0 ? forms.some(form => typeof form === 'object' && takesValue(form)) : !schema.properties
}

/** Every key with a value, by its dotted path; each once, even if several forms have it. */
export const configKeys = perFlow(findKeys)

function findKeys(flow: Flow): ReadonlyMap<string, ConfigKey> {
  const found = new Map<string, ConfigKey>()
  const walk = (schema: Schema, path: readonly string[]): void => {
    for (const form of formsOf(schema)) {
      for (const [key, value] of Object.entries(form.properties ?? {})) {
        if (typeof value !== 'object') continue
        const at = [...path, key]
        if (takesValue(value)) {
          const before = found.get(at.join('.'))
          const text = value.type === 'string' && (before?.text ?? true)
          found.set(at.join('.'), { path: at, secret: value.writeOnly === true || (before?.secret ?? false), text })
        }
        walk(value, at)
      }
    }
  }
  walk(jsonSchemaOf(flow), [])
  return found
}

/** The configuration with `[redacted]` in place of secrets, and of user names and passwords in URLs. */
export function withoutSecrets(config: Config): unknown {
  const { flow, ...keys } = config
  const shown = redactUrls({ flow: flow.toJSON(), ...keys }) as Record<string, unknown>
  for (const { path, secret } of configKeys(flow).values()) {
    if (!secret) continue
    let at: unknown = shown
    for (const key of path.slice(0, -1)) at = (at as Record<string, unknown> | undefined)?.[key]
    const last = path.at(-1)!
    if (typeof at === 'object' && at !== null && last in at) (at as Record<string, unknown>)[last] = '[redacted]'
  }
  return shown
}

/** Redacts the credentials and the query values of a URL. */
const withoutCredentials = (text: string): string =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text.replace(/^([^:]+:\/\/)[^/?#]*@/, '$1[redacted]@').replace(/([?&][^=&#?]*=)[^&#]+/g, '$1[redacted]')
    : text

/** A copy with redacted URLs. */
function redactUrls(value: unknown): unknown {
  if (typeof value === 'string') return withoutCredentials(value)
  if (Array.isArray(value)) return value.map(redactUrls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactUrls(inner)]))
}
