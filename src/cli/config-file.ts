import { existsSync } from 'node:fs'
import { readYaml } from '../adapters/plain-yaml.js'
import { readSmallSync, TooLong } from '../adapters/storage/small-file.js'
import { SteerflowError } from '../domain/errors.js'

export type KeyTree = { [key: string]: unknown }

export const isTree = (value: unknown): value is KeyTree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Limit on the bytes of a configuration: reading YAML takes seconds per megabyte, silently. */
const longestConfig = 256 << 10

/** The configuration file of a command. It is read once, so that the flow and the keys come from the same text. */
export class ConfigFile {
  /** The path, as messages name it. */
  readonly path: string
  #tree: KeyTree | null = null

  /** @param named file given on the command line; default: `steerflow.yaml` in the working folder, if it exists */
  constructor(private readonly named?: string) {
    this.path = named ?? 'steerflow.yaml'
  }

  /**
   * A copy of the file's content; empty if no file is named and the default file does not exist.
   * @throws STEERFLOW_CONFIG_INVALID, STEERFLOW_INPUT_NOT_FOUND
   */
  tree(): KeyTree {
    this.#tree ??= this.#read()
    return structuredClone(this.#tree)
  }

  #read(): KeyTree {
    if (!existsSync(this.path)) {
      if (this.named === undefined) return {}
      throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `there is no configuration file ${this.path}`)
    }
    const tree: unknown = readYaml(this.path, this.#text()) ?? {}
    if (isTree(tree)) return tree
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${this.path} must contain keys and values`)
  }

  #text(): string {
    try {
      return readSmallSync(this.path, longestConfig)
    } catch (cause) {
      if (cause instanceof TooLong) {
        throw new SteerflowError(
          'STEERFLOW_CONFIG_INVALID',
          `${this.path} has more than ${longestConfig.toLocaleString('en')} bytes, the limit of a configuration: move servers to the file of annotate.endpointsFile`,
        )
      }
      const message = `the configuration file ${this.path} cannot be read`
      throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', message, { cause })
    }
  }
}

/** The file of `--config`: the option holds a path until the command begins. */
export const configFile = (given: string | ConfigFile | undefined): ConfigFile =>
  given instanceof ConfigFile ? given : new ConfigFile(given)
