import type { Command } from 'commander'
import { openWriter } from '../../adapters/files/writer.js'
import { loopNamed, roundNamed, readLoops } from '../bootstrap/loops.js'
import { reportOf } from '../bootstrap/report/report.js'
import { reportText } from '../bootstrap/report/text.js'
import type { Session, Verb } from '../command.js'
import { outputName } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { lookInWorkspace, inWorkspace } from '../workspace.js'
import { lastRound, isOpen } from '../../domain/bootstrap/loop-state.js'
import { SteerflowError } from '../../domain/errors.js'
import { encode } from '../../stages/node.js'
import { rounds } from '../../topics.js'
import { startRound, type StartFlags } from '../bootstrap/start.js'
import { statusOf, statusText } from '../bootstrap/status.js'

interface Flags extends ConfigFlags {
  readonly loop?: string
  readonly html?: string
  readonly json?: true
}

/** Adds `bootstrap report`: the results of a closed round as text, JSON or an HTML page. */
export function addReport(group: Command, session: Session): void {
  const command = group
    .command('report')
    .summary('Show the results of a round as text, JSON or a page with plots.')
    .description(
      `Shows the results of a closed round: outcomes of prompts, answers by rule, requested and predicted attributes, the
course from round to round, and the decision of the stop rule. A page is one file without scripts or external resources.`,
    )
    .argument('[round]', 'a round, e.g. main-2 (default: the last closed round of the loop)')
    .option('--loop <name>', 'the loop (default: bootstrap.loop)')
    .option('--html <file>', 'write the page to a file', outputName)
    .option('--json', 'print the records of this round and of earlier rounds as JSON')
    .addHelpText(
      'after',
      `
Examples:
  steerflow bootstrap report
  steerflow bootstrap report main-1 --html report.html
  steerflow bootstrap report --json | jq '.rounds[-1].summary.against'
`,
    )
  withConfig(command).action((name: string | undefined, flags: Flags) =>
    lookInWorkspace(configOf(flags), async ({ config, log }) => {
      const loop =
        name === undefined ? (flags.loop ?? config.bootstrap.loop) : (await roundNamed(log, '', name)).request.loop
      const report = reportOf(await loopNamed(log, loop), name)
      if (flags.html !== undefined) {
        const { reportPage } = await import('../bootstrap/report/page.js')
        const file = await openWriter(flags.html)
        await file.write(reportPage(report))
        await file.close()
        session.err(`wrote ${flags.html}\n`)
      }
      if (flags.json) await session.json(report)
      else if (flags.html === undefined) await session.out(reportText(report, session.columns))
    }),
  )
}

interface StatusFlags extends ConfigFlags {
  readonly loop?: string
  readonly json?: true
}

interface StopFlags extends ConfigFlags {
  readonly loop?: string
  readonly reason: string
}

/** `bootstrap start|status|report|stop`: rounds that sample answers, score them and train on them. */
export const bootstrap: Verb = (program, session) => {
  const group = program
    .command('bootstrap')
    .summary('Run rounds that sample the best answers, score them and train again.')
    .description(
      `Bootstrap rounds (docs/bootstrap.md): each round samples answers with the best attributes from the SteerLM model, scores
them with the value model, gates and seals them, and trains on them, until the stop rule ends the loop. These commands
record requests and show results; \`steerflow run\` does the work.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  steerflow bootstrap start --set bootstrap.prompts.count=1000
  steerflow bootstrap status
  steerflow bootstrap report main-1 --html report.html
  steerflow bootstrap stop --reason "the judge is wrong"
`,
    )

  const start = group
    .command('start')
    .description('Request the next round of a loop, as the bootstrap section of the configuration plans it.')
    .option('--loop <name>', 'the loop; a new name starts a new loop (default: bootstrap.loop)')
    .option('--measure', 'only sample, score and compare, without training')
    .option('--without-model', 'sample the same model again instead of waiting for the model of the previous round')
  withConfig(start).action((flags: ConfigFlags & StartFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { round, purpose } = await startRound(workspace, flags, message => session.err(`warning: ${message}\n`))
      const what = purpose === 'measure' ? ' (measurement only)' : ''
      await session.out(
        `round ${round}${what} is requested; steerflow run works on it, steerflow bootstrap status shows it\n`,
      )
    }),
  )

  const status = group
    .command('status')
    .description('Show one row per round: progress, accepted answers, gain, and the decision of the stop rule.')
    .option('--loop <name>', 'only this loop (default: all)')
    .option('--json', 'print JSON lines')
  withConfig(status).action((flags: StatusFlags) =>
    lookInWorkspace(configOf(flags), async ({ log }) => {
      const loops = flags.loop === undefined ? [...(await readLoops(log)).values()] : [await loopNamed(log, flags.loop)]
      const rows = (await Promise.all(loops.map(loop => statusOf(log, loop)))).flat()
      if (flags.json) for (const row of rows) await session.json(row)
      else
        await session.out(
          rows.length === 0 ? 'no rounds yet; start one with steerflow bootstrap start\n' : statusText(rows),
        )
    }),
  )

  addReport(group, session)

  const stop = group
    .command('stop')
    .description(
      'End a loop: it gets no further round. An open round closes without its unsampled prompts and is not trained on.',
    )
    .option('--loop <name>', 'the loop (default: bootstrap.loop)')
    .option('--reason <text>', 'reason to record', 'a person stopped it')
  withConfig(stop).action((flags: StopFlags) =>
    inWorkspace(configOf(flags), async ({ config, log }) => {
      const loop = await loopNamed(log, flags.loop ?? config.bootstrap.loop)
      const last = lastRound(loop)!
      const { round, number } = last.request
      if (loop.stopped) throw new SteerflowError('STEERFLOW_USAGE', `the loop ${loop.loop} has already ended`)
      const { reason } = flags
      await log.publish([encode(rounds, { loop: loop.loop, round, number, event: 'stopped', by: 'person', reason })])
      await session.out(
        isOpen(loop)
          ? `round ${round} is stopped and closes with the answers it has\n`
          : `the loop ${loop.loop} has ended\n`,
      )
    }),
  )
}
