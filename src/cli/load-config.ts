import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { Config } from './config.js'

type Tree = { [key: string]: unknown }

export interface ConfigSources {
  /** File named on the command line; otherwise `steerflow.yaml` in the working folder, if there is one. */
  readonly file?: string | undefined
  /** `path=value` pairs of the command line; the value is YAML. */
  readonly set?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * The configuration in force: defaults, then the file, then `STEERFLOW_*`, then `--set`.
 * @throws STEERFLOW_CONFIG_INVALID naming the key, STEERFLOW_INPUT_NOT_FOUND.
 */
export function loadConfig(sources: ConfigSources): Config {
  const tree = readFile(sources.file)
  for (const [variable, path] of variables()) {
    const value = sources.env?.[variable]
    if (value !== undefined) assign(tree, path, scalar(variable, value))
  }
  for (const pair of sources.set ?? []) {
    const at = pair.indexOf('=')
    if (at < 1) throw new SteerflowError('STEERFLOW_USAGE', `--set ${pair}: expected path=value`)
    assign(tree, pair.slice(0, at).split('.'), scalar(pair.slice(0, at), pair.slice(at + 1)))
  }
  const parsed = Config.safeParse(tree)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `${issue?.path.join('.') || 'the configuration'}: ${issue?.message ?? 'invalid'}`,
  )
}

function readFile(named: string | undefined): Tree {
  const file = named ?? 'steerflow.yaml'
  if (!existsSync(file)) {
    if (named === undefined) return {}
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `no configuration file at ${named}`)
  }
  try {
    const tree = (parse(readFileSync(file, 'utf8')) ?? {}) as unknown
    if (typeof tree === 'object' && tree !== null && !Array.isArray(tree)) return tree as Tree
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${file} is not YAML`, { cause })
  }
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${file} must hold keys and values`)
}

/** Every key as a variable: `clean.seqLen` → `STEERFLOW_CLEAN_SEQ_LEN`. */
export function variables(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  const walk = (schema: z.core.JSONSchema.JSONSchema, path: readonly string[]): void => {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (typeof value !== 'object') continue
      const at = [...path, key]
      if (value.properties) walk(value, at)
      else found.set(`STEERFLOW_${at.map(part => part.replace(/(?=[A-Z])/g, '_').toUpperCase()).join('_')}`, at)
    }
  }
  walk(z.toJSONSchema(Config, { io: 'input' }), [])
  return found
}

function assign(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    at = typeof next === 'object' && next !== null ? (next as Tree) : (at[key] = {})
  }
  at[path.at(-1)!] = value
}

function scalar(name: string, text: string): unknown {
  try {
    return parse(text) as unknown
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name}: the value is not YAML`, { cause })
  }
}
