import { type Command } from 'commander'
import { type Config } from './config.js'
import { loadConfig } from './load-config.js'

/** The options by which a command finds its configuration. */
export interface ConfigFlags {
  readonly config?: string
  readonly dataDir?: string
  readonly set: readonly string[]
}

/** Adds `--config`, `--data-dir` and `--set` to a command. */
export const withConfig = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration file (default: steerflow.yaml here, if there is one)')
    .option('--data-dir <dir>', 'folder of the log, shards, datasets, jobs and models (default: .steerflow)')
    .option('--set <path=value>', 'set one key of the configuration; may be repeated', collect, [])

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** The configuration that the flags, the file and the environment give together. */
export const configOf = (flags: ConfigFlags): Config =>
  loadConfig({
    file: flags.config,
    set: [...(flags.dataDir === undefined ? [] : [`dataDir=${JSON.stringify(flags.dataDir)}`]), ...flags.set],
    env: process.env,
  })
