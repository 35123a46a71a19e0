import { exitCodes, type Session, type Verb } from '../command.js'
import { formatOption, knowingFormat, mapOption } from '../flags.js'
import { logged } from '../log/logged.js'
import { clientReportTo } from '../logger.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { progress } from '../render/progress.js'
import { waitsOf } from '../log/run-waits.js'
import { expandInputs } from '../run/expand-inputs.js'
import { ingestFiles, type IngestFlags } from '../run/ingest-files.js'
import { interrupts, signalCode } from '../run/interrupts.js'
import { inputsText, isNoneTaken, leftText, sayNoneTaken } from '../run/none-taken.js'
import { preview, previewText } from '../run/preview.js'
import { tellRejected } from '../run/tell-rejected.js'
import { inWorkspace } from '../workspace.js'

type Flags = ConfigFlags & IngestFlags & { readonly json?: true; readonly dryRun?: true }

/** `ingest FILES…`: reads source records into the log, before or beside a running pipeline. */
export const ingest: Verb = (program, session) => {
  const command = program
    .command('ingest')
    .description(
      'Ingest source records into the log; records that were already ingested are skipped, even in files that have grown.',
    )
    .argument(
      '<files...>',
      'files, folders or patterns: JSON lines, JSON arrays or Parquet, also packed; - (standard input) and pipes are read as they arrive',
    )
    .addOption(formatOption())
    .addOption(mapOption())
    .option('--dry-run', 'show the first records as they would be read, formats and rejected records; write nothing')
    .option('--json', 'print the result of each source as JSON')
    .addHelpText('after', '\nExample:\n  steerflow ingest chats.jsonl.gz && steerflow run --until-idle\n')
  withConfig(command).action((files: string[], flags: Flags) =>
    flags.dryRun
      ? dryRun(files, flags, session)
      : logged(session, flags, { command: 'ingest', nodes: () => [] }, ({ config, logger }) =>
          inWorkspace(
            knowingFormat(config, flags),
            async workspace => {
              const stop = interrupts()
              const shown = progress(session, 'ingest', 'records', null, { logger })
              try {
                const sources = await ingestFiles(workspace, files, flags, {
                  signal: stop.signal,
                  waits: waitsOf(session, logger),
                  seen: items => shown.add(items),
                  tell: message => {
                    logger.info({ event: 'source' }, message)
                    if (!session.interactive) return
                    session.draw('\r\x1b[K')
                    session.err(`${message}\n`)
                  },
                })
                for (const { name, records, rejected, skipped, left } of sources) {
                  if (flags.json) continue
                  const more = left > 0 ? `, 1 skipped: ${leftText}` : ''
                  await session.out(
                    `${name}: ${records} records, ${rejected} rejected (dead letters), ${skipped} already ingested${more}\n`,
                  )
                }
                if (flags.json) await session.json(sources)
                const [none, some] = [sources.filter(isNoneTaken), sources.filter(source => !isNoneTaken(source))]
                for (const { records, rejected, skipped } of some) {
                  const taken = records + rejected + skipped
                  tellRejected({ session, logger }, [{ node: 'ingest', in: taken, deadLettered: rejected }])
                }
                sayNoneTaken({ session, logger }, none)
                if (stop.signal.aborted) session.exit(signalCode() ?? exitCodes.failed)
                return { reason: stop.signal.aborted ? 'stopped' : 'done', words: '', counts: { sources } }
              } finally {
                shown.done()
                stop.release()
              }
            },
            { begins: true, report: clientReportTo(logger) },
          ),
        ),
  )
}

/** Shows what would be read of each input, without a data folder. Exit code 3 if nothing would be taken of one. */
async function dryRun(inputs: readonly string[], flags: Flags, session: Session): Promise<void> {
  const config = knowingFormat(configOf(flags), flags)
  const files = await expandInputs(inputs, message => session.err(`${message}\n`))
  for (const file of files) {
    const found = await preview(config, file, {
      format: flags.format,
      map: flags.map ?? config.ingest.map,
      formats: config.flow.formats,
      maxLineBytes: config.ingest.maxLineBytes,
    })
    const { damage, ...shown } = found
    if (flags.json) await session.json(shown)
    else await session.out(previewText(found))
    if (damage) throw damage
    if (found.conversations > 0) continue
    session.err(`${found.name}: none of its ${found.records} records would give a conversation; ${inputsText}\n`)
    session.exit(exitCodes.rejected)
  }
}
