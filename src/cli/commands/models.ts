import { currentEndpoints } from '../../adapters/inference/endpoints/current.js'
import { askedSetOf, attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf } from '../config.js'
import { Option } from 'commander'
import { promoteModel, rollbackModel, type ModelDecision, type Missing } from '../../adapters/models/decide.js'
import { latestModels } from '../../domain/model-registry.js'
import { ModelRecord } from '../../domain/model.js'
import { models as topic } from '../../topics.js'
import type { Session, Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { oneLine, table } from '../render/bars.js'
import { goneWords, isGone } from '../training/gone.js'
import { inWorkspace, lookInWorkspace } from '../workspace.js'

/** The models that the configured endpoints of all sources declare now, without duplicates. */
export async function declaredModels(config: Config): Promise<readonly string[]> {
  const sources = endpointsOf(config, 'annotate')
  const endpoints = sources ? (await currentEndpoints(sources)).endpoints : []
  return [...new Set(endpoints.flatMap(({ model }) => model ?? []))]
}

type JsonFlags = ConfigFlags & { readonly json?: true }

const figure = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(2))

/** A row of the list. The correlation of quality stands next to that of the answer's length alone, for comparison. */
function row({ model, role, state, kind, metrics, reason }: ModelRecord, gone: boolean): readonly string[] {
  const quality = metrics.find(({ attribute }) => attribute === 'quality')
  return [
    model,
    role,
    gone ? `${state}, no files` : state,
    kind,
    figure(quality?.spearman),
    figure(quality?.spearman_length),
    oneLine(reason, 90),
  ]
}

async function tell(session: Session, { active, before, changed }: ModelDecision, flags: JsonFlags): Promise<void> {
  if (flags.json) await session.json({ active, before, changed })
  else if (!changed) await session.out(`${active.model} is already active\n`)
  else await session.out(`active ${active.model}${before ? `, in place of ${before.model}` : ''}\n`)
}

/**
 * Warns of servers that declare no model: they stay in use after a decision, and their answers count as the active model's.
 */
async function warnOfSilent(session: Session, config: Config): Promise<void> {
  const sources = endpointsOf(config, 'annotate')
  if (!sources) return
  const { endpoints } = await currentEndpoints(sources)
  const silent = endpoints.filter(({ model }) => !model)
  if (silent.length === 0) return
  session.err(
    `note: ${silent.length} of ${endpoints.length} servers of annotate declare no model: they stay in use, and ` +
      'their answers count as those of the active model; declare the model that each one serves (model: DIGEST)\n',
  )
}

/** Says why a model's files are missing. Models made elsewhere, or declared by an endpoint, need no files here. */
const missingIn =
  (root: string, declared: readonly string[]): Missing =>
  ({ kind, path, model, digest }) =>
    kind === 'external' || declared.includes(model) || declared.includes(digest) ? null : goneWords(root, path)

/** `models list|promote|rollback`: the registry, and manual decisions on it. */
export const models: Verb = (program, session) => {
  const group = program
    .command('models')
    .description('List, promote and roll back the models of the registry.')
    .addHelpText('after', '\nExamples:\n  steerflow models list --json\n  steerflow models rollback\n')
  const list = group
    .command('list')
    .description('List the models, one row each: state, cause, and held-out correlation with human quality scores.')
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: JsonFlags) =>
    lookInWorkspace(configOf(flags), async ({ log, root }) => {
      const found = latestModels(await readTopic(log, topic))
      if (flags.json) for (const model of found) await session.json(model)
      else if (found.length === 0) await session.out('no models\n')
      else {
        const header = ['model', 'role', 'state', 'kind', 'ρ quality', 'ρ length alone', 'why']
        await session.out(
          `${table([header, ...found.map(one => row(one, isGone(root, one.path)))], [0, 1, 2, 3, 6]).join('\n')}\n`,
        )
      }
    }),
  )

  const promote = group
    .command('promote')
    .description('Make a model active, from the registry or declared by a configured endpoint.')
    .argument('<name>', 'name or digest')
    .option('--json', 'print JSON')
  withConfig(promote).action((name: string, flags: JsonFlags) => {
    const config = configOf(flags)
    return inWorkspace(config, async ({ log, root }) => {
      const declared = {
        models: await declaredModels(config),
        attributeSet: attributeSetOf(config).name,
        asked: askedSetOf(config) !== null,
      }
      await tell(session, await promoteModel(log, topic, name, declared, missingIn(root, declared.models)), flags)
      await warnOfSilent(session, config)
    })
  })

  const rollback = group
    .command('rollback')
    .description('Activate the previously active model again; each call goes one step further back.')
    .addOption(
      new Option('--role <role>', 'role of the model').choices(ModelRecord.shape.role.options).default('value'),
    )
    .option('--json', 'print JSON')
  withConfig(rollback).action((flags: JsonFlags & { role: ModelRecord['role'] }) =>
    inWorkspace(configOf(flags), async ({ log, config, root }) => {
      const missing = missingIn(root, await declaredModels(config))
      await tell(session, await rollbackModel(log, topic, flags.role, missing), flags)
      if (flags.role === 'value') await warnOfSilent(session, config)
    }),
  )
}
