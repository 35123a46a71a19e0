import { parseArgs } from 'node:util'

/** What the command line says. */
export interface Settings {
  /** Parts to measure; null: all. */
  readonly only: readonly string[] | null
  /** Whether to print what each endpoint is given over time. */
  readonly verbose: boolean
  /** Whether to measure for longer where that is worth it. */
  readonly long: boolean
}

export interface CommandLine {
  readonly settings: Settings
  readonly names: readonly string[]
  readonly help: boolean
  readonly json: boolean
  readonly record: boolean
}

/** @throws a TypeError for an option that there is not. */
export function readSettings(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      // Read by sizes.ts, which the parts import.
      tiny: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { verbose, long, record, json, help } = values
  if (record && values.tiny) throw new TypeError('--record and --tiny exclude each other: a tiny run measures nothing')
  return { settings: { only: values.only?.split(',') ?? null, verbose, long }, names: positionals, help, json, record }
}
