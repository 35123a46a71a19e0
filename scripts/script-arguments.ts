import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * The command line of a script. With --help its help is printed and it ends; what it does not take is said, with the next
 * step, and it ends with 2.
 */
export function scriptArguments<const T extends ParseArgsConfig>(
  help: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    process.stdout.write(help)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    wrongArguments(error instanceof Error ? error.message : String(error), help)
  }
}

/** Ends a script whose command line is wrong. */
export function wrongArguments(why: string, help: string): never {
  process.stderr.write(`${why}\n\n${help}`)
  process.exit(2)
}
