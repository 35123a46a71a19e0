import { writeFile } from 'node:fs/promises'
import { type Command } from 'commander'
import { loopNamed, roundNamed } from '../bootstrap/loops.js'
import { reportOf } from '../bootstrap/report/report.js'
import { reportText } from '../bootstrap/report/text.js'
import { type Session } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { inWorkspace } from '../workspace.js'

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
    .option('--html <file>', 'write the page to a file')
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
    inWorkspace(configOf(flags), async ({ config, log }) => {
      const loop =
        name === undefined ? (flags.loop ?? config.bootstrap.loop) : (await roundNamed(log, '', name)).request.loop
      const report = reportOf(await loopNamed(log, loop), name)
      if (flags.html !== undefined) {
        const { reportPage } = await import('../bootstrap/report/page.js')
        await writeFile(flags.html, reportPage(report))
        session.err(`wrote ${flags.html}\n`)
      }
      if (flags.json) session.out(`${JSON.stringify(report)}\n`)
      else if (flags.html === undefined) session.out(reportText(report, session.columns))
    }),
  )
}
