import { type Command, Option } from 'commander'
import { builtIn, Flow } from '../flow.js'
import type { Config } from './config.js'
import type { ConfigFile } from './config-file.js'
import { loadConfig } from './load-config.js'

/** The options that select a command's configuration. */
export interface ConfigFlags {
  /** The path of the file until the command begins; then the file itself. */
  readonly config?: string | ConfigFile
  readonly dataDir?: string
  readonly set?: readonly string[]
  /** The module of a flow until the command starts; then the flow itself, or the error from loading it. */
  readonly flow?: string | Flow | Error
}

/** Adds `--config`, `--data-dir`, `--set` and `--flow` to a command. */
export const withConfig = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration file (default: ./steerflow.yaml, if it exists)')
    .option('--data-dir <dir>', 'folder of the log, shards, datasets, jobs and models (default: .steerflow)')
    .option('--set <path=value>', 'set a configuration key; may be repeated', collect)
    .addOption(flowOption())

/** The option for a custom pipeline. */
export const flowOption = (): Option =>
  new Option(
    '--flow <module>',
    'module of your own pipeline, made with defineFlow (default: the key flow, or the built-in pipeline)',
  )

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/**
 * The flow of a command.
 * @throws the error from loading it
 */
export function flowIn({ flow }: Pick<ConfigFlags, 'flow'>): Flow {
  if (flow instanceof Error) throw flow
  return flow instanceof Flow ? flow : builtIn
}

/** The configuration from flags, file and environment. */
export const configOf = (flags: ConfigFlags): Config =>
  loadConfig({
    flow: flowIn(flags),
    file: flags.config,
    set: [...(flags.dataDir === undefined ? [] : [`dataDir=${JSON.stringify(flags.dataDir)}`]), ...(flags.set ?? [])],
    env: process.env,
  })
