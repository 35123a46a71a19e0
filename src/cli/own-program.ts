import type { Flow } from '../flow.js'
import { Messages } from './output/messages.js'
import { openOutput } from './output/output.js'
import { main as run } from './program.js'

/**
 * Runs the command line from your own program: reads and prints like `steerflow`, and sets the exit code of the process.
 * Resolves when the reader has received all output.
 * @param argv the arguments without the program: `process.argv.slice(2)`
 * @param flow the pipeline of every command; default: the configured one
 */
export async function main(
  argv: readonly string[],
  { flow = null }: { readonly flow?: Flow | null } = {},
): Promise<void> {
  const results = openOutput(process.stdout, 'standard output')
  const messages = new Messages(openOutput(process.stderr, 'standard error'))
  process.exitCode = await run(
    argv,
    {
      out: async bytes => results.write(bytes),
      drained: () => results.drained(),
      err: text => messages.write(text),
      interactive: process.stderr.isTTY,
      terminal: process.stdout.isTTY,
      columns: process.stderr.columns || 80,
    },
    { flow },
  )
  await messages.drained()
  // Retries of a client after the command has finished must not keep the process alive.
  setTimeout(() => process.exit(), 500).unref()
}
