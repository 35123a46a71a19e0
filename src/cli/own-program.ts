import type { Flow } from '../flow.js'
import { Messages } from './output/messages.js'
import { openOutput } from './output/output.js'
import { main as run } from './program.js'

/**
 * The command line as a program of one's own: reads and prints like `steerflow`, and sets the exit code of the process.
 * Resolves when all that was printed is with its reader.
 * @param argv the arguments without the program: `process.argv.slice(2)`
 * @param flow the pipeline that every command works on; left out: the one that the configuration names
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
  // What a client still tries behind a finished command must not keep it from ending.
  setTimeout(() => process.exit(), 500).unref()
}
