import { nodeLags } from '../../runtime/lag.js'
import { readAll } from '../../runtime/read-all.js'
import type { Log } from '../../runtime/log.js'
import { type Node, reader } from '../../stages/node.js'
import { deadLetters, relabelled, scored } from '../../topics.js'
import { type Agreement, LabelComparison } from '../../domain/label-comparison.js'
import { table, thousands } from '../render/bars.js'
import { Option } from 'commander'
import type { OpenedValueModels } from '../../adapters/models/value-models.js'
import { SteerflowError } from '../../domain/errors.js'
import { relabelNode, relabelSources } from '../../pipeline.js'
import type { Capabilities } from '../../stages/needs.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import { retryForOption } from '../flags.js'
import { waitsOf } from '../log/run-waits.js'
import { logged } from '../log/logged.js'
import { clientReportTo, endpointsReportTo, reportTo } from '../logger.js'
import { type ConfigFlags, withConfig } from '../options.js'
import { Live } from '../render/live.js'
import { waitsNote } from '../render/waits.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts, signalCode } from '../run/interrupts.js'
import { runPipeline } from '../run/run-pipeline.js'
import { tellRejected } from '../run/tell-rejected.js'
import { stuckWatch, watching } from '../run/stuck.js'
import { openWorkspace, type Workspace } from '../workspace.js'

/** Progress of a relabelling. */
export interface RelabelCounts {
  /** Finished offsets of the source. */
  readonly done: number
  /** Unread offsets. */
  readonly behind: number
  /** Failed records of all runs. */
  readonly dead_letters: number
}

export async function relabelCounts(log: Log, node: Node): Promise<RelabelCounts> {
  const [lag] = await nodeLags(log, [node])
  let letters = 0
  for await (const { headers } of readAll(log, deadLetters.name)) if (headers.node === node.name) letters++
  const sum = (of: (partition: NonNullable<typeof lag>['partitions'][number]) => bigint): number =>
    Number(lag?.partitions.reduce((total, partition) => total + of(partition), 0n) ?? 0n)
  return {
    done: sum(({ committed, start }) => (committed > start ? committed - start : 0n)),
    behind: sum(({ behind }) => behind),
    dead_letters: letters,
  }
}

/** Compares a model's labels with the previous ones, over all conversations that it has relabelled so far. */
export async function compareRelabelled(log: Log, digest: string): Promise<readonly Agreement[]> {
  const read = reader(relabelled)
  const comparison = new LabelComparison()
  for await (const { value } of readAll(log, relabelled.name)) {
    const conversation = read(value)
    const entry = conversation.steerflow.rescored?.findLast(({ value_model }) => value_model === digest)
    if (entry) comparison.add(conversation, entry)
  }
  return comparison.rows()
}

/** One line per attribute. */
export function renderComparison(rows: readonly Agreement[]): readonly string[] {
  const header = ['attribute', 'turns', 'same label', 'mean difference', 'correlation']
  const lines = rows.map(({ attribute, turns, agreement, mean_difference, correlation }) => [
    attribute,
    thousands(turns),
    `${(100 * agreement).toFixed(1)} %`,
    `${mean_difference < 0 ? '' : '+'}${mean_difference.toFixed(3)}`,
    correlation === null ? '–' : correlation.toFixed(3),
  ])
  return table([header, ...lines], [0])
}

interface RelabelFlags extends ConfigFlags {
  readonly model: string
  readonly from: string
  readonly untilIdle?: true
  readonly compare?: true
  readonly json?: true
  readonly retryFor: number | null
}

/** `relabel`: adds another model's labels beside the existing ones. */
export const relabel: Verb = (program, session) => {
  const command = program
    .command('relabel')
    .description(
      "Add another model's labels to annotated conversations beside the existing ones; writes conversations.relabelled.",
    )
    .requiredOption(
      '--model <name>',
      'model of the registry or of an endpoint, by name or digest; it need not be active',
    )
    .addOption(
      new Option('--from <topic>', 'conversations to relabel')
        .choices(relabelSources.map(({ name }) => name))
        .default(scored.name),
    )
    .option('--until-idle', 'end when every conversation in the topic is done')
    .option('--compare', 'at the end, compare new and old labels by attribute')
    .addOption(retryForOption('with --until-idle: how long to wait while no inference server answers; or forever'))
    .option('--json', 'print the counts and the comparison as JSON')
    .addHelpText(
      'after',
      '\nAfter a stop or a kill it resumes; each record is relabelled once. It may run beside `steerflow run`.\n' +
        '\nExample:\n  steerflow relabel --model value-model-1a2b3c4d5e6f --until-idle --compare\n',
    )
  withConfig(command).action((flags: RelabelFlags) =>
    logged(session, flags, { command: 'relabel', nodes: () => [], begins: false }, async ({ config, logger }) => {
      const workspace = await openWorkspace(config, { report: clientReportTo(logger) })
      const stop = interrupts()
      const live = new Live(session, logger)
      try {
        const report = reportTo(logger)
        const opened = await openCapabilities(workspace, endpointsReportTo(logger), waitsOf(session, logger, live))
        const notStuck = stuckWatch(workspace, watching(opened, flags.retryFor, false))
        try {
          const { digest, valueModels } = await oneModel(opened.valueModels, flags.model)
          const from = relabelSources.find(({ name }) => name === flags.from)!
          const node = relabelNode(digest, from)
          const { committed, nodes } = await runPipeline({
            workspace,
            nodes: [node],
            capabilities: { ...opened.capabilities, valueModels },
            underWay: opened.underWay,
            untilIdle: flags.untilIdle ?? false,
            sources: async () => undefined,
            watch: async watched => {
              const mode = flags.untilIdle ? 'until idle' : 'running; Ctrl-C stops'
              live.show(watched.rows, [mode, waitsNote(opened.stands())].filter(Boolean).join('  '))
              if (flags.untilIdle) await notStuck(watched)
            },
            report,
            signal: stop.signal,
          })
          live.clear()
          await tell(session, workspace, { node, digest, committed, flags })
          tellRejected({ session, logger }, nodes)
          if (!flags.untilIdle) session.exit(exitCodes.done)
          else if (stop.signal.aborted) session.exit(signalCode() ?? exitCodes.failed)
          return { reason: stop.signal.aborted ? 'stopped' : 'idle', words: '', counts: { committed, nodes } }
        } finally {
          await opened.close()
        }
      } finally {
        stop.release()
        await workspace.close()
      }
    }),
  )
}

/**
 * Uses one model for all records, independent of the active model.
 * @throws STEERFLOW_USAGE if no server or file provides it
 */
async function oneModel(
  models: OpenedValueModels,
  name: string,
): Promise<{ digest: string; valueModels: Capabilities['valueModels'] }> {
  const first = await models.named(name)
  if (!first) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `--model ${name}: no server or file provides it; see steerflow models list`,
    )
  }
  return { digest: first.digest, valueModels: { ...models, pin: signal => models.chosen(name, signal) } }
}

interface Ended {
  readonly node: Node
  readonly digest: string
  readonly committed: number
  readonly flags: RelabelFlags
}

/** Prints the result. */
async function tell(session: Session, { log }: Workspace, { node, digest, committed, flags }: Ended): Promise<void> {
  const counts = await relabelCounts(log, node)
  const comparison = flags.compare ? await compareRelabelled(log, digest) : null
  const facts = { model: flags.model, value_model: digest, from: flags.from, committed, ...counts }
  if (flags.json) {
    await session.json({ ...facts, ...(comparison && { comparison }) })
    return
  }
  const what = committed === 0 ? 'nothing new' : `${thousands(committed)} records done in this run`
  const letters = counts.dead_letters > 0 ? `, ${thousands(counts.dead_letters)} dead letters` : ''
  await session.out(
    `${what}: ${thousands(counts.done)} of ${flags.from} done with ${flags.model}, ` +
      `${thousands(counts.behind)} left${letters}\n`,
  )
  if (comparison) await session.out(`${renderComparison(comparison).join('\n')}\n`)
}
