import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readYaml } from '../adapters/plain-yaml.js'
import { explain, SteerflowError } from '../domain/errors.js'
import { builtIn, Flow } from '../flow.js'
import { fileTree } from './load-config.js'

/** The keys of the command line that may name a flow. */
export interface FlowFlags {
  readonly config?: string
  readonly flow?: string
  /** Pairs of keys and values; some commands set other things by that name. */
  readonly set?: readonly unknown[]
}

/** A module that is named as the flow, and where it is named. */
interface Named {
  readonly path: string
  readonly by: string
}

/**
 * The flow that a command works on: that of `--flow`, of `--set flow=…`, of `STEERFLOW_FLOW` or of the configuration file,
 * the first that there is; its module is loaded. A path in the file is one from the file's folder.
 * @param given the flow of the program that runs the command; null: the program is `steerflow` itself
 * @throws STEERFLOW_FLOW_INVALID, STEERFLOW_INPUT_NOT_FOUND, and what reading the configuration file throws
 */
export async function flowOf(
  flags: FlowFlags,
  env: Readonly<Record<string, string | undefined>>,
  given: Flow | null,
): Promise<Flow> {
  const named = namedBy(flags, env)
  if (!named) return given ?? builtIn
  if (given) {
    throw new SteerflowError(
      'STEERFLOW_FLOW_INVALID',
      `${named.by} names the flow ${named.path}, and this program brings its own: leave one of them out`,
    )
  }
  return load(named)
}

function namedBy(
  { config, flow, set = [] }: FlowFlags,
  env: Readonly<Record<string, string | undefined>>,
): Named | null {
  if (flow !== undefined) return { path: resolve(flow), by: '--flow' }
  const pair = set.findLast((one): one is string => typeof one === 'string' && one.startsWith('flow='))
  const [value, by] = pair === undefined ? [env.STEERFLOW_FLOW, 'STEERFLOW_FLOW'] : [pair.slice(5), '--set flow']
  if (value !== undefined) return text(value) === '' ? null : { path: resolve(text(value)), by }
  const file = config ?? 'steerflow.yaml'
  const { flow: written } = fileTree(config)
  if (typeof written !== 'string' || written === '') return null
  return { path: resolve(dirname(file), written), by: file }
}

/** A path that may stand in quotes, as YAML on a command line does. */
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
      ? `${path} takes steerflow from another folder than this command: run the steerflow of the module's own project, as npx steerflow does there`
      : `the default export of ${path} is no flow: expected export default defineFlow(base => …)`,
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
