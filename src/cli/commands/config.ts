import { stringify } from 'yaml'
import { Waits } from '../../runtime/waits.js'
import { z } from 'zod'
import type { Verb } from '../command.js'
import { configOfFlow } from '../config.js'
import { checkConfiguration } from '../doctor/contradictions.js'
import { withoutSecrets } from '../config-keys.js'
import { variables } from '../load-config.js'
import { type ConfigFlags, configOf, flowIn, withConfig } from '../options.js'
import { tellWaits } from '../render/waits.js'
import { table } from '../render/bars.js'

/** `config check|show`: checks the configuration, or prints it. */
export const config: Verb = (program, session) => {
  const group = program.command('config').description('Check or show the configuration.')
  withConfig(
    group
      .command('check')
      .description(
        'Check the configuration against its schema and against tokenizer, trainers, servers and data; exit code 2 on a contradiction.',
      ),
  ).action(async (flags: ConfigFlags) => {
    const notes = await checkConfiguration(configOf(flags), new Waits(tellWaits(session)))
    await session.out('the configuration is consistent\n')
    for (const note of notes) await session.out(`note: ${note}\n`)
  })
  const show = group
    .command('show')
    .description('Print the effective configuration: defaults, file, environment and flags combined, without secrets.')
    .option('--json', 'print JSON')
    .option('--variables', 'list the environment variables instead')
    .option('--schema', 'print the JSON Schema of steerflow.yaml for editors instead')
  withConfig(show).action(async (flags: ConfigFlags & { json?: true; variables?: true; schema?: true }) => {
    const flow = flowIn(flags)
    if (flags.schema) await session.json(z.toJSONSchema(configOfFlow(flow), { io: 'input', target: 'draft-7' }), 2)
    else if (flags.variables) {
      await session.out(
        `${table(
          [...variables(flow)].map(([name, path]) => [name, path.join('.')]),
          [0, 1],
        ).join('\n')}\n`,
      )
    } else {
      const shown = withoutSecrets(configOf(flags))
      await (flags.json ? session.json(shown) : session.data(stringify(shown)))
    }
  })
}
