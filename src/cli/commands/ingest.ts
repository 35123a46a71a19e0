import { type Verb } from '../command.js'
import { formatOption } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { progress } from '../render/progress.js'
import { ingestFiles, type IngestFlags } from '../run/ingest-files.js'
import { inWorkspace } from '../workspace.js'

/** `ingest FILES…`: source records into the log, beside a running pipeline or before it. */
export const ingest: Verb = (program, session) => {
  const command = program
    .command('ingest')
    .description('Take source records into the log; what was already taken in is skipped.')
    .argument('<files...>', '.jsonl or .jsonl.gz files; - is standard input')
    .addOption(formatOption())
    .option('--json', 'print what became of each source as JSON')
    .addHelpText('after', '\nExample:\n  steerflow ingest chats.jsonl.gz && steerflow run --until-idle\n')
  withConfig(command).action(async (files: string[], flags: ConfigFlags & IngestFlags & { json?: true }) => {
    await inWorkspace(configOf(flags), async workspace => {
      const shown = progress(session, 'ingest', 'records', null)
      const summaries = await ingestFiles(workspace, files, flags, items => shown.add(items))
      shown.done()
      for (const { name, records, rejected, skipped } of summaries) {
        if (!flags.json) {
          session.out(`${name}: ${records} records, ${rejected} rejected (dead letters), ${skipped} already taken in\n`)
        }
      }
      if (flags.json) session.out(`${JSON.stringify(summaries)}\n`)
    })
  })
}
