import { existsSync, readFileSync } from 'node:fs'
import { complaintOf, readYaml } from '../adapters/plain-yaml.js'
import { SteerflowError } from '../domain/errors.js'
import { trainedByDefault } from '../stages/trigger.js'
import { Config } from './config.js'
import { configKeys } from './config-keys.js'

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
 * @throws STEERFLOW_CONFIG_INVALID naming the key, STEERFLOW_INPUT_NOT_FOUND. No message and no cause holds a value, since
 * it may be a secret.
 */
export function loadConfig(sources: ConfigSources): Config {
  const tree = readFile(sources.file)
  for (const [variable, path] of variables()) {
    const value = sources.env?.[variable]
    if (value !== undefined) assign(tree, path, valueOf(variable, path, value))
  }
  for (const pair of sources.set ?? []) {
    const at = pair.indexOf('=')
    if (at < 1) throw new SteerflowError('STEERFLOW_USAGE', `--set: expected path=value`)
    const path = pair.slice(0, at).split('.')
    assign(tree, path, valueOf(pair.slice(0, at), path, pair.slice(at + 1)))
  }
  const parsed = Config.safeParse(withTrainers(tree))
  if (parsed.success) return parsed.data
  const { path, message } = complaintOf(parsed.error)
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${path.join('.') || 'the configuration'}: ${message}`)
}

/** What is trained by default on a dataset stays where its settings name no other trainer. */
function withTrainers(tree: Tree): Tree {
  if (!isTree(tree.datasets)) return tree
  const datasets = Object.entries(tree.datasets).map(([name, given]): [string, unknown] => {
    const usual = Object.hasOwn(trainedByDefault, name) ? trainedByDefault[name] : undefined
    if (usual === undefined || !isTree(given) || given.trainer !== undefined) return [name, given]
    return [name, { ...usual, ...given, ...(isTree(given.when) && { when: { ...usual.when, ...given.when } }) }]
  })
  return { ...tree, datasets: Object.fromEntries(datasets) }
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

function readFile(named: string | undefined): Tree {
  const file = named ?? 'steerflow.yaml'
  if (!existsSync(file)) {
    if (named === undefined) return {}
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `no configuration file at ${named}`)
  }
  const tree: unknown = readYaml(file, readFileSync(file, 'utf8')) ?? {}
  if (isTree(tree)) return tree
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${file} must hold keys and values`)
}

/** Every key as a variable: `clean.seqLen` → `STEERFLOW_CLEAN_SEQ_LEN`. */
export function variables(): ReadonlyMap<string, readonly string[]> {
  const nameOf = (path: readonly string[]): string =>
    `STEERFLOW_${path.map(part => part.replace(/(?=[A-Z])/g, '_').toUpperCase()).join('_')}`
  return new Map([...configKeys().values()].map(({ path }) => [nameOf(path), path]))
}

function assign(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    at = typeof next === 'object' && next !== null ? (next as Tree) : (at[key] = {})
  }
  at[path.at(-1)!] = value
}

/**
 * A value as YAML, but a secret as it is spelled, and text that only looks like a number, too: nobody quotes a password
 * twice.
 */
function valueOf(name: string, path: readonly string[], text: string): unknown {
  const key = configKeys().get(path.join('.'))
  if (key?.secret) return text
  const value = readYaml(name, text)
  return key?.text && typeof value !== 'string' ? text : value
}
