import { latestModels } from '../../domain/model-registry.js'
import { type ModelRecord } from '../../domain/model.js'
import { models as topic } from '../../topics.js'
import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { oneLine, table } from '../render/bars.js'
import { inWorkspace } from '../workspace.js'

const figure = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(2))

/** A model with its held-out quality beside that of the answer's length alone: the figure that puts it in its place. */
function row({ model, role, state, kind, metrics, reason }: ModelRecord): readonly string[] {
  const quality = metrics.find(({ attribute }) => attribute === 'quality')
  return [model, role, state, kind, figure(quality?.spearman), figure(quality?.spearman_length), oneLine(reason, 90)]
}

/** `models list`: the registry. */
export const models: Verb = (program, session) => {
  const group = program
    .command('models')
    .description('The model registry.')
    .addHelpText('after', '\nExample:\n  steerflow models list --json\n')
  const list = group
    .command('list')
    .description('One row a model: its state and why, and its held-out correlation with human quality scores.')
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: ConfigFlags & { json?: true }) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const found = latestModels(await readTopic(log, topic))
      if (flags.json) for (const model of found) session.out(`${JSON.stringify(model)}\n`)
      else if (found.length === 0) session.out('no models\n')
      else {
        const header = ['model', 'role', 'state', 'kind', 'ρ quality', 'ρ length alone', 'why']
        session.out(`${table([header, ...found.map(row)], [0, 1, 2, 3, 6]).join('\n')}\n`)
      }
    }),
  )
}
