import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readYaml } from '../adapters/plain-yaml.js'
import { explain, SteerflowError } from '../domain/errors.js'
import { Waits } from '../runtime/waits.js'
import { builtIn, Flow } from '../flow.js'
import { type ConfigFile, configFile } from './config-file.js'

/** Command-line options that may name a flow. */
export interface FlowFlags {
  readonly config?: string | ConfigFile
  readonly flow?: string
  /** `path=value` pairs; in some commands `--set` has another meaning. */
  readonly set?: readonly unknown[]
}

/** The module named as the flow, and the source of that name. */
interface Named {
  readonly path: string
  readonly by: string
}

/**
 * The flow of a command. The first of `--flow`, `--set flow=…`, `STEERFLOW_FLOW` and the configuration file names its
 * module, which is loaded. A path in the file is relative to the file's folder.
 * @param given the flow of the program that runs the command; null if the program is `steerflow` itself
 * @param waits reports a module that takes long to load
 * @throws STEERFLOW_FLOW_INVALID, STEERFLOW_INPUT_NOT_FOUND, and errors from reading the configuration file
 */
export async function flowOf(
  flags: FlowFlags,
  env: Readonly<Record<string, string | undefined>>,
  given: Flow | null,
  waits = new Waits(),
): Promise<Flow> {
  const named = namedBy(flags, env)
  if (!named) return given ?? builtIn
  if (given) {
    throw new SteerflowError(
      'STEERFLOW_FLOW_INVALID',
      `${named.by} names the flow ${named.path}, but this program has its own: omit one of them`,
    )
  }
  return waits.load(`the flow ${named.path}`, () => load(named))
}

function namedBy(
  { config, flow, set = [] }: FlowFlags,
  env: Readonly<Record<string, string | undefined>>,
): Named | null {
  if (flow !== undefined) return { path: resolve(flow), by: '--flow' }
  const pair = set.findLast((one): one is string => typeof one === 'string' && one.startsWith('flow='))
  const [value, by] = pair === undefined ? [env.STEERFLOW_FLOW, 'STEERFLOW_FLOW'] : [pair.slice(5), '--set flow']
  if (value !== undefined) return text(value) === '' ? null : { path: resolve(text(value)), by }
  const file = configFile(config)
  const { flow: written } = file.tree()
  if (typeof written !== 'string' || written === '') return null
  return { path: resolve(dirname(file.path), written), by: file.path }
}

/** Removes YAML quotes around a path. */
function text(value: string): string {
  const read = readYaml('flow', value)
  return typeof read === 'string' ? read : value
}

async function load({ path, by }: Named): Promise<Flow> {
  if (!existsSync(path)) {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `there is no module ${path}, which ${by} names as the flow`)
  }
  const module = await imported(path, by)
  const flow = module.default
  if (flow instanceof Flow) return flow.from(path)
  const isOfAnotherCopy = typeof flow === 'object' && flow !== null && 'insertBefore' in flow
  throw new SteerflowError(
    'STEERFLOW_FLOW_INVALID',
    isOfAnotherCopy
      ? `${path} imports steerflow from another folder than this command: run the steerflow of the module's own project, as npx steerflow does there`
      : `the default export of ${path} is not a flow: expected export default defineFlow(base => …)`,
  )
}

async function imported(path: string, by: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (error) {
    if (error instanceof SteerflowError) throw error
    const message = `the flow ${path}, which ${by} names, cannot be loaded: ${explain(error)}`
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', message, { cause: error })
  }
}
