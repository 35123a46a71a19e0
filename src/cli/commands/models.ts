import { Option } from 'commander'
import { promoteModel, rollbackModel, type Decision } from '../../adapters/models/decide.js'
import { latestModels } from '../../domain/model-registry.js'
import { ModelRecord } from '../../domain/model.js'
import { models as topic } from '../../topics.js'
import { type Session, type Verb } from '../command.js'
import { attributeSetOf } from '../config.js'
import { declaredModels } from '../declared-models.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { oneLine, table } from '../render/bars.js'
import { inWorkspace } from '../workspace.js'

type JsonFlags = ConfigFlags & { readonly json?: true }

const figure = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(2))

/** A model with its held-out quality beside that of the answer's length alone: the figure that puts it in its place. */
function row({ model, role, state, kind, metrics, reason }: ModelRecord): readonly string[] {
  const quality = metrics.find(({ attribute }) => attribute === 'quality')
  return [model, role, state, kind, figure(quality?.spearman), figure(quality?.spearman_length), oneLine(reason, 90)]
}

function tell(session: Session, { active, before, changed }: Decision, flags: JsonFlags): void {
  if (flags.json) session.out(`${JSON.stringify({ active, before, changed })}\n`)
  else if (!changed) session.out(`${active.model} is active already\n`)
  else session.out(`active ${active.model}${before ? `, in place of ${before.model}` : ''}\n`)
}

/** `models list|promote|rollback`: the registry, and a person's decisions about it. */
export const models: Verb = (program, session) => {
  const group = program
    .command('models')
    .description('The model registry: which models there are, and which is active.')
    .addHelpText('after', '\nExamples:\n  steerflow models list --json\n  steerflow models rollback\n')
  const list = group
    .command('list')
    .description('One row a model: its state and why, and its held-out correlation with human quality scores.')
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: JsonFlags) =>
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

  const promote = group
    .command('promote')
    .description('Make a model active: one of the registry, or one that a configured endpoint declares.')
    .argument('<name>', 'name or digest')
    .option('--json', 'print JSON')
  withConfig(promote).action((name: string, flags: JsonFlags) => {
    const config = configOf(flags)
    return inWorkspace(config, async ({ log }) => {
      const declared = {
        models: await declaredModels(config),
        attributeSet: attributeSetOf(config).name,
      }
      tell(session, await promoteModel(log, topic, name, declared), flags)
    })
  })

  const rollback = group
    .command('rollback')
    .description('Go back to the model that was active before; again, one further.')
    .addOption(
      new Option('--role <role>', 'role of the model').choices(ModelRecord.shape.role.options).default('value'),
    )
    .option('--json', 'print JSON')
  withConfig(rollback).action((flags: JsonFlags & { role: ModelRecord['role'] }) =>
    inWorkspace(configOf(flags), async ({ log }) => tell(session, await rollbackModel(log, topic, flags.role), flags)),
  )
}
