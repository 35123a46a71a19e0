import type { Logger } from 'pino'
import type { Node } from '../../stages/node.js'
import type { Flow } from '../../flow.js'
import { nodeLags, nodesThere } from '../../runtime/lag.js'
import { unlessAway } from '../../runtime/retry.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import type { Config } from '../config.js'
import { retryForOption } from '../flags.js'
import { logged, type WorkResult } from '../log/logged.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table, thousands } from '../render/bars.js'
import { Pace } from '../render/pace.js'
import { nodeNamed } from '../node-named.js'
import { atWork } from '../run/at-work.js'
import { signalCode } from '../run/interrupts.js'
import { type Consequences, consequencesOf, leftOverText } from '../run/new-nodes.js'
import { tellRejected, tellRepeats } from '../run/tell-rejected.js'
import { inWorkspace } from '../workspace.js'

interface RunFlags extends ConfigFlags {
  readonly nodes?: string
  readonly untilIdle?: true
  readonly failFast?: true
  readonly adopt?: true
  readonly dryRun?: true
  readonly retryFor: number | null
}

/** `run`: runs the nodes of the pipeline. */
export const run: Verb = (program, session) => {
  const command = program
    .command('run')
    .description('Run the pipeline until it is stopped or, with --until-idle, until all work is done.')
    .option('--nodes <names>', 'only these nodes, separated by commas')
    .option('--until-idle', 'end when all ingested records are processed')
    .option('--fail-fast', 'end at the first failure of a node; by default the node is paused and retried')
    .option('--adopt', 'on Kafka: make the store of this worker the store of the deployment')
    .option('--dry-run', 'only show pending and repeated work, without doing any')
    .addOption(retryForOption('with --until-idle: how long to wait while no inference server answers; or forever'))
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow run --until-idle\n  steerflow run --nodes preprocess,clean-unscored\n',
    )
  withConfig(command).action((flags: RunFlags) => {
    if (flags.dryRun) return dryRun(session, flags)
    const about = { command: 'run', nodes: ({ flow }: Config) => chosen(flow, flags.nodes) }
    return logged(session, flags, about, ({ config, logger }) => work(session, flags, config, logger))
  })
}

function work(session: Session, flags: RunFlags, config: Config, logger: Logger): Promise<WorkResult> {
  const { untilIdle = false, adopt = false, failFast = false, retryFor } = flags
  const nodes = chosen(config.flow, flags.nodes)
  const launches = nodes.some(({ stage }) => stage.needs.includes('runners'))
  return atWork({ session, config, logger, launches, retryFor }, async ({ workspace, signal, runNodes }) => {
    const { beginnings, todo } = await unlessAway(() => consequencesOf(config, workspace.log), nothingNew)
    for (const { text, ...facts } of beginnings) logger.warn({ event: 'begins', ...facts, next: todo }, text)
    const pace = new Pace(config.annotate.price)
    const mode = untilIdle ? 'until idle' : 'running; Ctrl-C stops'
    const counts = await runNodes({
      nodes,
      untilIdle,
      adopt,
      failFast,
      sources: async () => undefined,
      note: (rows, { fleet }) => {
        const { endpoints, outageMs } = fleet.stats()
        return [mode, pace.note(rows, endpoints, outageMs)].filter(Boolean).join('  ')
      },
    })
    tellRejected({ session, logger }, counts.nodes)
    tellRepeats({ session, logger }, counts.nodes)
    if (!untilIdle) session.exit(exitCodes.done)
    else if (signal.aborted) session.exit(signalCode() ?? exitCodes.failed)
    const reason = signal.aborted ? 'stopped' : 'idle'
    const words = `${reason === 'stopped' ? 'stopped cleanly' : 'idle'}: ${counts.committed} records committed`
    return { reason, words, counts: { ...counts } }
  })
}

/** Prints the work that a run would do. Read-only; safe beside a run. */
function dryRun(session: Session, flags: RunFlags): Promise<void> {
  const config = configOf(flags)
  const nodes = chosen(config.flow, flags.nodes)
  return inWorkspace(
    config,
    async ({ log }) => {
      const lags = await nodeLags(log, await nodesThere(log, nodes))
      const rows = lags.flatMap(({ node, topic, partitions }) => {
        const lag = Number(partitions.reduce((sum, one) => sum + one.lag, 0n))
        return lag > 0 ? [[node, topic, thousands(lag)]] : []
      })
      const { beginnings, leftOver, todo } = await consequencesOf(config, log)
      const lines = [
        ...(rows.length > 0 ? table([['node', 'reads', 'records'], ...rows], [0, 1]) : ['nothing to do']),
        ...beginnings.map(({ text }) => `begins: ${text}`),
        ...leftOverText(leftOver).map(text => `left over: ${text}`),
        ...(todo === null ? [] : [todo]),
      ]
      await session.out(`${lines.join('\n')}\n`)
    },
    { looks: true, makeTopics: false },
  )
}

const nothingNew: Consequences = { beginnings: [], leftOver: { groups: [], topics: [] }, todo: null }

const chosen = (flow: Flow, names: string | undefined): readonly Node[] =>
  names === undefined ? flow.nodes : names.split(',').map(name => nodeNamed(flow, name.trim(), '--nodes'))
