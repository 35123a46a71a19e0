import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { type z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
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
  const parsed = Config.safeParse(tree)
  if (parsed.success) return parsed.data
  const { path, message } = deepest(parsed.error.issues)
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${path.join('.') || 'the configuration'}: ${message}`)
}

interface Complaint {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** A rule of a form as a whole was broken: then the form itself is the one that was meant. */
  readonly rule: boolean
}

/**
 * What to tell of a configuration that does not fit. Where several forms are possible, the one that was meant is the one
 * that fits farthest: its complaint lies deepest, or is the only one that knows the keys.
 */
function deepest(issues: readonly z.core.$ZodIssue[]): Complaint {
  const [issue] = issues
  if (issue === undefined) return { path: [], message: 'invalid', rule: false }
  const { path, message, code } = issue
  if (code !== 'invalid_union') return { path, message, rule: code === 'custom' }
  const [best] = issue.errors
    .map(deepest)
    .sort((a, b) => b.path.length - a.path.length || Number(b.rule) - Number(a.rule))
  if (best === undefined || (best.path.length === 0 && !best.rule)) return { path, message, rule: false }
  return { path: [...path, ...best.path], message: best.message, rule: best.rule }
}

function readFile(named: string | undefined): Tree {
  const file = named ?? 'steerflow.yaml'
  if (!existsSync(file)) {
    if (named === undefined) return {}
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `no configuration file at ${named}`)
  }
  const tree: unknown = yaml(file, readFileSync(file, 'utf8')) ?? {}
  if (typeof tree === 'object' && tree !== null && !Array.isArray(tree)) return tree as Tree
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
  const value = yaml(name, text)
  return key?.text && typeof value !== 'string' ? text : value
}

/** Without the words of the YAML reader: they quote the line, and a secret may stand in it. */
function yaml(name: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false })
  const [error] = document.errors
  if (!error) {
    try {
      return document.toJS() as unknown
    } catch {
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name} is not YAML: an alias without its anchor`)
    }
  }
  const before = text.slice(0, error.pos[0]).split('\n')
  const where = `line ${before.length}, column ${before.at(-1)!.length + 1}`
  const what = error.code.toLowerCase().replaceAll('_', ' ')
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name} is not YAML: ${where}: ${what}`)
}
