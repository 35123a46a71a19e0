import { stringify } from 'yaml'
import { z } from 'zod'
import { type Verb } from '../command.js'
import { Config } from '../config.js'
import { withoutSecrets } from '../config-keys.js'
import { variables } from '../load-config.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table } from '../render/bars.js'
import { tokenNotes } from '../token-notes.js'

/** `config check|show`: whether the configuration fits, and what is in force. */
export const config: Verb = (program, session) => {
  const group = program.command('config').description('Check or show the configuration.')
  withConfig(
    group.command('check').description('Check the configuration; exit 2 and the key when it does not fit.'),
  ).action((flags: ConfigFlags) => {
    const notes = tokenNotes(configOf(flags))
    session.out('the configuration fits\n')
    for (const note of notes) session.out(`note: ${note}\n`)
  })
  const show = group
    .command('show')
    .description('Print the configuration in force: defaults, file, environment and flags together, without secrets.')
    .option('--json', 'print JSON')
    .option('--variables', 'list the environment variables instead')
    .option('--schema', 'print the JSON Schema of steerflow.yaml instead, for editors')
  withConfig(show).action((flags: ConfigFlags & { json?: true; variables?: true; schema?: true }) => {
    if (flags.schema)
      session.out(`${JSON.stringify(z.toJSONSchema(Config, { io: 'input', target: 'draft-7' }), null, 2)}\n`)
    else if (flags.variables) {
      session.out(
        `${table(
          [...variables()].map(([name, path]) => [name, path.join('.')]),
          [0, 1],
        ).join('\n')}\n`,
      )
    } else {
      const shown = withoutSecrets(configOf(flags))
      session.out(flags.json ? `${JSON.stringify(shown)}\n` : stringify(shown))
    }
  })
}
