import { resolve } from 'node:path'
import { Option } from 'commander'
import { type OpenedValueModels } from '../../adapters/models/value-models.js'
import { SteerflowError } from '../../domain/errors.js'
import { relabelNode, relabelSources } from '../../pipeline.js'
import { type Capabilities } from '../../stages/needs.js'
import { type Node } from '../../stages/bind.js'
import { scored } from '../../topics.js'
import { type Session, type Verb } from '../command.js'
import { clientReportTo, openLogger, reportTo } from '../logger.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { compareRelabelled, renderComparison } from '../relabel/compare.js'
import { relabelCounts } from '../relabel/counts.js'
import { thousands } from '../render/bars.js'
import { Live } from '../render/live.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts } from '../run/interrupts.js'
import { runPipeline } from '../run/run-pipeline.js'
import { openWorkspace, type Workspace } from '../workspace.js'

interface RelabelFlags extends ConfigFlags {
  readonly model: string
  readonly from: string
  readonly untilIdle?: true
  readonly compare?: true
  readonly json?: true
}

/** `relabel`: another model's labels beside those that conversations have. */
export const relabel: Verb = (program, session) => {
  const command = program
    .command('relabel')
    .description("Add another model's labels to annotated conversations, beside the old: conversations.relabelled.")
    .requiredOption('--model <name>', 'model of the registry or of an endpoint, by name or digest; need not be active')
    .addOption(
      new Option('--from <topic>', 'conversations to relabel')
        .choices(relabelSources.map(({ name }) => name))
        .default(scored.name),
    )
    .option('--until-idle', 'end when every conversation that is there is done')
    .option('--compare', 'at the end, compare the new labels with the old, attribute by attribute')
    .option('--json', 'print counts, and the comparison, as JSON')
    .addHelpText(
      'after',
      '\nStopped or killed, it goes on where it was; what is done is done once. It may run beside `steerflow run`.\n' +
        '\nExample:\n  steerflow relabel --model value-model-1a2b3c4d5e6f --until-idle --compare\n',
    )
  withConfig(command).action(async (flags: RelabelFlags) => {
    const config = configOf(flags)
    const logger = openLogger(session, resolve(config.dataDir))
    const workspace = await openWorkspace(config, { report: clientReportTo(logger) })
    const stop = interrupts()
    const live = new Live(session)
    try {
      const opened = await openCapabilities(workspace)
      try {
        const { digest, valueModels } = await oneModel(opened.valueModels, flags.model)
        const from = relabelSources.find(({ name }) => name === flags.from)!
        const node = relabelNode(digest, from)
        const { committed } = await runPipeline({
          workspace,
          nodes: [node],
          capabilities: { ...opened.capabilities, valueModels },
          underWay: opened.underWay,
          untilIdle: flags.untilIdle ?? false,
          sources: async () => undefined,
          watch: rows => live.show(rows, flags.untilIdle ? 'until idle' : 'running; Ctrl-C stops'),
          report: reportTo(logger),
          signal: stop.signal,
        })
        live.clear()
        await tell(session, workspace, { node, digest, committed, flags })
      } finally {
        await opened.close()
      }
    } finally {
      stop.release()
      await workspace.close()
    }
  })
}

/**
 * One model for all records, whichever is active.
 * @throws STEERFLOW_USAGE when nothing can serve it.
 */
async function oneModel(
  models: OpenedValueModels,
  name: string,
): Promise<{ digest: string; valueModels: Capabilities['valueModels'] }> {
  const first = await models.named(name)
  if (!first) {
    throw new SteerflowError('STEERFLOW_USAGE', `--model ${name}: nothing serves it; see steerflow models list`)
  }
  return { digest: first.digest, valueModels: { ...models, pin: signal => models.chosen(name, signal) } }
}

interface Ended {
  readonly node: Node
  readonly digest: string
  readonly committed: number
  readonly flags: RelabelFlags
}

/** Says what came of it. */
async function tell(session: Session, { log }: Workspace, { node, digest, committed, flags }: Ended): Promise<void> {
  const counts = await relabelCounts(log, node)
  const comparison = flags.compare ? await compareRelabelled(log, digest) : null
  const facts = { model: flags.model, value_model: digest, from: flags.from, committed, ...counts }
  if (flags.json) {
    session.out(`${JSON.stringify({ ...facts, ...(comparison && { comparison }) })}\n`)
    return
  }
  const what = committed === 0 ? 'nothing new' : `${thousands(committed)} records done now`
  const letters = counts.dead_letters > 0 ? `, ${thousands(counts.dead_letters)} in the dead letters` : ''
  session.out(
    `${what}: ${thousands(counts.done)} of ${flags.from} done with ${flags.model}, ` +
      `${thousands(counts.behind)} to be done${letters}\n`,
  )
  if (comparison) session.out(`${renderComparison(comparison).join('\n')}\n`)
}
