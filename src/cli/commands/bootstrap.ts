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

/** Adds `bootstrap report`: what a closed round came to, as text, JSON, or a page. */
export function addReport(group: Command, session: Session): void {
  const command = group
    .command('report')
    .summary('what a round came to, as text, JSON or a page with plots')
    .description(
      `What a closed round came to: ends of prompts, answers by rule, attributes as asked for and as predicted, the course
from round to round, and what the stop rule said. A page is one file, without scripts or anything from elsewhere.`,
    )
    .argument('[round]', 'a round, e.g. main-2 (default: the last of the loop that has closed)')
    .option('--loop <name>', 'the loop (default: bootstrap.loop)')
    .option('--html <file>', 'write the page to a file', outputName)
    .option('--json', 'print the records of the round and those before as JSON')
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

/** `bootstrap start|status|report|stop`: rounds of sampling, scoring and training again. */
export const bootstrap: Verb = (program, session) => {
  const group = program
    .command('bootstrap')
    .summary('rounds: sample answers with the best attributes, score, gate, train again')
    .description(
      `Bootstrap rounds (docs/bootstrap.md): answers are sampled from the SteerLM model with the best attributes, scored by the
value model, gated, sealed, and trained on, round after round, until the stop rule ends the loop. These commands record
what is asked and show what is on record; \`steerflow run\` does the work.`,
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
    .description("Ask for the next round of a loop, with the plan of the configuration's bootstrap section.")
    .option('--loop <name>', 'the loop; a new name begins a new one (default: bootstrap.loop)')
    .option('--measure', 'only sample, score and compare: nothing is trained on')
    .option('--without-model', 'do not wait for the model of the round before: sample the same one again')
  withConfig(start).action((flags: ConfigFlags & StartFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { round, purpose } = await startRound(workspace, flags, message => session.err(`warning: ${message}\n`))
      const what = purpose === 'measure' ? ', which only measures,' : ''
      await session.out(
        `round ${round}${what} is asked for; steerflow run works on it, steerflow bootstrap status shows it\n`,
      )
    }),
  )

  const status = group
    .command('status')
    .description('One row a round: how far it is, what was accepted, the gain, and what the stop rule said.')
    .option('--loop <name>', 'only one loop (default: all)')
    .option('--json', 'print JSON lines')
  withConfig(status).action((flags: StatusFlags) =>
    lookInWorkspace(configOf(flags), async ({ log }) => {
      const loops = flags.loop === undefined ? [...(await readLoops(log)).values()] : [await loopNamed(log, flags.loop)]
      const rows = (await Promise.all(loops.map(loop => statusOf(log, loop)))).flat()
      if (flags.json) for (const row of rows) await session.json(row)
      else await session.out(rows.length === 0 ? 'no rounds yet: steerflow bootstrap start\n' : statusText(rows))
    }),
  )

  addReport(group, session)

  const stop = group
    .command('stop')
    .description(
      'End a loop: no further round comes of it. Of a round that is open, what is not sampled yet is left out; it closes, and is not trained on.',
    )
    .option('--loop <name>', 'the loop (default: bootstrap.loop)')
    .option('--reason <text>', 'why; recorded with it', 'a person stopped it')
  withConfig(stop).action((flags: StopFlags) =>
    inWorkspace(configOf(flags), async ({ config, log }) => {
      const loop = await loopNamed(log, flags.loop ?? config.bootstrap.loop)
      const last = lastRound(loop)!
      const { round, number } = last.request
      if (loop.stopped) throw new SteerflowError('STEERFLOW_USAGE', `the loop ${loop.loop} has ended already`)
      const { reason } = flags
      await log.publish([encode(rounds, { loop: loop.loop, round, number, event: 'stopped', by: 'person', reason })])
      await session.out(
        isOpen(loop) ? `round ${round} is given up; it closes as it is\n` : `the loop ${loop.loop} has ended\n`,
      )
    }),
  )
}
