import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { type Flow, builtIn } from '../flow.js'
import { jsonSchemaOf, type Config, configOfFlow } from './config.js'
import { complaintOf, readYaml } from '../adapters/plain-yaml.js'
import { trainedByDefault } from '../stages/trigger.js'
import { type ConfigFile, configFile, isTree, type KeyTree } from './config-file.js'
import { configKeys } from './config-keys.js'

type Schema = z.core.JSONSchema.JSONSchema

/** Properties of every JavaScript object: as keys they would change the program, not the configuration. */
const inherited = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The path of `--set`: keys separated by dots. Names of topics and datasets may contain dots themselves; such a key is found
 * by matching the path against the schema. A key in double quotes is never split.
 * @throws STEERFLOW_USAGE for an empty key or an unclosed quote
 */
export function configPath(flow: Flow, text: string): readonly string[] {
  if (!/^(?:"[^"]+"|[^".]+)(?:\.(?:"[^"]+"|[^".]+))*$/.test(text)) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `--set ${text}: expected keys separated by dots; put a key that contains dots in double quotes, as in topics."conversations.scored".partitions`,
    )
  }
  const parts = [...text.matchAll(/"([^"]+)"|([^".]+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  return resolved(parts, [jsonSchemaOf(flow)]) ?? parts
}

/** Joins parts into keys of the schema; null if they do not match it. */
function resolved(parts: readonly string[], forms: readonly Schema[]): readonly string[] | null {
  if (parts.length === 0) return []
  for (const form of forms.flatMap(alternatives)) {
    const [key, ...rest] = parts as [string, ...string[]]
    const property = form.properties?.[key]
    if (property !== undefined) {
      const inner = resolved(rest, [asSchema(property)])
      if (inner) return [key, ...inner]
    }
    if (form.additionalProperties === undefined || form.additionalProperties === false) continue
    const names = typeof form.propertyNames === 'object' ? form.propertyNames.enum : undefined
    for (let count = 1; count <= parts.length; count++) {
      const name = parts.slice(0, count).join('.')
      if (names && !names.includes(name)) continue
      const inner = resolved(parts.slice(count), [asSchema(form.additionalProperties)])
      if (inner) return [name, ...inner]
    }
  }
  return null
}

const asSchema = (schema: Schema | boolean): Schema => (typeof schema === 'object' ? schema : {})

const alternatives = (schema: Schema): readonly Schema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].map(asSchema).flatMap(alternatives),
]

/** Limit on the depth of keys; no configuration is deeper. */
const deepest = 32

/** @throws STEERFLOW_CONFIG_INVALID if a key at any depth is a property of every object, or if keys nest without end */
export function refuseInherited(value: unknown, source: string, path: readonly string[] = []): void {
  if (typeof value !== 'object' || value === null) return
  if (path.length > deepest) {
    const at = path.slice(0, 3).join('.')
    throw new SteerflowError(
      'STEERFLOW_CONFIG_INVALID',
      `${at}: it is nested too deeply, or an alias contains itself (${source})`,
    )
  }
  for (const key of Object.getOwnPropertyNames(value)) {
    const at = [...path, key]
    if (inherited.has(key)) {
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${at.join('.')}: cannot be a key (${source})`)
    }
    refuseInherited((value as Record<string, unknown>)[key], source, at)
  }
}

export interface ConfigSources {
  /** File given on the command line; default: `steerflow.yaml` in the working folder, if it exists. */
  readonly file?: string | ConfigFile | undefined
  /** `path=value` pairs of the command line; the value is YAML. */
  readonly set?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The flow to configure; default: the built-in one. */
  readonly flow?: Flow | undefined
}

/**
 * The effective configuration: defaults, then the file, then `STEERFLOW_*`, then `--set`.
 * @throws STEERFLOW_CONFIG_INVALID with the key, STEERFLOW_INPUT_NOT_FOUND. Messages and causes contain no values, since a
 * value may be a secret.
 */
export function loadConfig(sources: ConfigSources): Config {
  const { flow = builtIn } = sources
  const read = configFile(sources.file)
  const [file, tree] = [read.path, read.tree()]
  refuseInherited(tree, file)
  const given: Given[] = []
  const set = (source: string, path: readonly string[], value: unknown): void => {
    for (const key of path) refuseInherited(Object.fromEntries([[key, null]]), source)
    refuseInherited(value, source, path)
    assign(tree, path, value)
    given.push({ source, path })
  }
  for (const [variable, path] of variables(flow)) {
    const value = sources.env?.[variable]
    if (value !== undefined) set(variable, path, valueOf(flow, variable, path, value))
  }
  for (const pair of sources.set ?? []) {
    const at = pair.indexOf('=')
    if (at < 1) throw new SteerflowError('STEERFLOW_USAGE', `--set: expected path=value`)
    const path = configPath(flow, pair.slice(0, at))
    set(`--set ${pair.slice(0, at)}`, path, valueOf(flow, pair.slice(0, at), path, pair.slice(at + 1)))
  }
  const parsed = configOfFlow(flow).safeParse(withTrainers(tree))
  if (parsed.success) return parsed.data
  const { path, message } = complaintOf(parsed.error)
  const source = given.findLast(one => touches(one.path, path))?.source ?? file
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `${path.join('.') || 'the configuration'}: ${message} (${source})`,
  )
}

/** A value that overrides the file, and its source. */
interface Given {
  readonly source: string
  readonly path: readonly string[]
}

/** True if one path is a prefix of the other, or they are equal. */
const touches = (one: readonly string[], other: readonly PropertyKey[]): boolean =>
  one.slice(0, other.length).every((key, index) => key === String(other[index]))

/** Completes datasets with their default training, unless their settings name a trainer. */
function withTrainers(tree: KeyTree): KeyTree {
  if (!isTree(tree.datasets)) return tree
  const datasets = Object.entries(tree.datasets).map(([name, given]): [string, unknown] => {
    const usual = Object.hasOwn(trainedByDefault, name) ? trainedByDefault[name] : undefined
    if (usual === undefined || !isTree(given) || given.trainer !== undefined) return [name, given]
    return [name, { ...usual, ...given, ...(isTree(given.when) && { when: { ...usual.when, ...given.when } }) }]
  })
  return { ...tree, datasets: Object.fromEntries(datasets) }
}

/** The environment variable of every key: `clean.seqLen` → `STEERFLOW_CLEAN_SEQ_LEN`. */
export function variables(flow: Flow): ReadonlyMap<string, readonly string[]> {
  const nameOf = (path: readonly string[]): string =>
    `STEERFLOW_${path.map(part => part.replace(/(?=[A-Z])/g, '_').toUpperCase()).join('_')}`
  return new Map([...configKeys(flow).values()].map(({ path }) => [nameOf(path), path]))
}

function assign(tree: KeyTree, path: readonly string[], value: unknown): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    at = typeof next === 'object' && next !== null ? (next as KeyTree) : (at[key] = {})
  }
  at[path.at(-1)!] = value
}

/**
 * Reads a value as YAML. A secret is taken literally, and so is a text that only looks like a number: shells already need
 * quotes, and nobody quotes a password twice.
 */
function valueOf(flow: Flow, name: string, path: readonly string[], text: string): unknown {
  const key = configKeys(flow).get(path.join('.'))
  if (key?.secret) return text
  const value = readYaml(name, text)
  return key?.text && typeof value !== 'string' ? text : value
}
