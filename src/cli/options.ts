import { type Command, Option } from 'commander'
import { builtIn, Flow } from '../flow.js'
import type { Config } from './config.js'
import { loadConfig } from './load-config.js'

/** The options by which a command finds its configuration. */
export interface ConfigFlags {
  readonly config?: string
  readonly dataDir?: string
  readonly set?: readonly string[]
  /** The module of a flow until the command begins; then the flow itself, or why there is none. */
  readonly flow?: string | Flow | Error
}

/** Adds `--config`, `--data-dir`, `--set` and `--flow` to a command. */
export const withConfig = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration file (default: steerflow.yaml here, if there is one)')
    .option('--data-dir <dir>', 'folder of the log, shards, datasets, jobs and models (default: .steerflow)')
    .option('--set <path=value>', 'set one key of the configuration; may be repeated', collect)
    .addOption(flowOption())

/** The option that names a pipeline of one's own. */
export const flowOption = (): Option =>
  new Option(
    '--flow <module>',
    'pipeline of your own: a module of defineFlow (default: the key flow, or the built-in one)',
  )

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/**
 * The flow of a command.
 * @throws whatever kept it from being loaded
 */
export function flowIn({ flow }: Pick<ConfigFlags, 'flow'>): Flow {
  if (flow instanceof Error) throw flow
  return flow instanceof Flow ? flow : builtIn
}

/** The configuration that the flags, the file and the environment give together. */
export const configOf = (flags: ConfigFlags): Config =>
  loadConfig({
    flow: flowIn(flags),
    file: flags.config,
    set: [...(flags.dataDir === undefined ? [] : [`dataDir=${JSON.stringify(flags.dataDir)}`]), ...(flags.set ?? [])],
    env: process.env,
  })
