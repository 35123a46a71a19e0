import { writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Logger } from 'pino'
import { pipeline } from '../../pipeline.js'
import { exitCodes, type Verb } from '../command.js'
import { clientReportTo, endpointsReportTo, openLogger, reportTo } from '../logger.js'
import { formatOption } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { Live, type LiveRow } from '../render/live.js'
import { renderSummary } from '../render/summary.js'
import { openCapabilities } from '../run/capabilities.js'
import { ingestFiles } from '../run/ingest-files.js'
import { interrupts } from '../run/interrupts.js'
import { labelsOf } from '../run/labels.js'
import { runPipeline } from '../run/run-pipeline.js'
import { stuckWatch } from '../run/stuck.js'
import { collectSummary } from '../summary/collect.js'
import { type SourceSummary, type Summary } from '../summary/summary.js'
import { tokenNotes } from '../token-notes.js'
import { openWorkspace, type Workspace } from '../workspace.js'

/** The conversations that are shipped with the examples. */
const shippedTrees = fileURLToPath(new URL('../../../examples/data/oasst1_en_val.trees.jsonl', import.meta.url))

interface QuickstartFlags extends ConfigFlags {
  readonly format?: string
  readonly json?: true
}

/** `quickstart [FILES…]`: from conversations to steerable training data, in one go. */
export const quickstart: Verb = (program, session) => {
  const command = program
    .command('quickstart')
    .description(
      'The whole flow on your conversations, or on the shipped ones: value model, annotation, training data.',
    )
    .argument('[files...]', '.jsonl or .jsonl.gz files of conversations; - is standard input')
    .addOption(formatOption())
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      '\nEnds by itself. Started again it goes on where it was stopped, and does nothing twice.\n' +
        '\nExamples:\n  steerflow quickstart\n  steerflow quickstart MY.jsonl --data-dir ./mine\n',
    )
  withConfig(command).action(async (files: string[], flags: QuickstartFlags) => {
    const config = configOf(flags)
    const logger = openLogger(session, resolve(config.dataDir))
    const workspace = await openWorkspace(config, { exclusive: true, report: clientReportTo(logger) })
    const stop = interrupts()
    const live = new Live(session)
    try {
      const summary = await wholeFlow(workspace, files, flags, { live, logger }, stop.signal)
      live.clear()
      if (summary === null) {
        session.err('stopped in good order; run the same command again to go on\n')
        return session.exit(exitCodes.failed)
      }
      await writeFile(join(workspace.root, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
      session.out(
        flags.json ? `${JSON.stringify(summary)}\n` : `${renderSummary(summary, session.columns).join('\n')}\n`,
      )
    } finally {
      stop.release()
      await workspace.close()
    }
  })
}

/** Runs everything; null when it was interrupted. */
async function wholeFlow(
  workspace: Workspace,
  files: readonly string[],
  flags: QuickstartFlags,
  { live, logger }: { readonly live: Live; readonly logger: Logger },
  signal: AbortSignal,
): Promise<Summary | null> {
  const started = Date.now()
  const sources: SourceSummary[] = []
  const opened = await openCapabilities(workspace, endpointsReportTo(logger))
  for (const note of tokenNotes(workspace.config)) logger.info({ event: 'note', note }, 'prompt tokens differ')
  const notStuck = stuckWatch(workspace, () => opened.hasValueModel())
  try {
    const { committed } = await runPipeline({
      workspace,
      nodes: pipeline,
      capabilities: opened.capabilities,
      underWay: opened.underWay,
      untilIdle: true,
      sources: async stopped => {
        const own = files.length > 0 ? files : [shippedTrees]
        sources.push(...(await ingestFiles(workspace, own, { format: flags.format })))
        if (await labelsOf(workspace, stopped)) return
        // Nobody labelled these: what scores them has to be learnt from conversations that people did label.
        sources.push(...(await ingestFiles(workspace, [shippedTrees], { only: 'labelled' })))
      },
      watch: async rows => {
        await notStuck(rows)
        live.show(rows, phase(rows))
      },
      report: reportTo(logger),
      signal,
    })
    if (signal.aborted) return null
    const changed = committed > 0 || sources.some(source => source.records + source.rejected > 0)
    const seconds = Math.round((Date.now() - started) / 100) / 10
    return await collectSummary(workspace, { seconds, changed, sources, next: next(workspace.root) })
  } finally {
    await opened.close()
  }
}

/** What is going on, in words. */
export function phase(rows: readonly Pick<LiveRow, 'node' | 'in' | 'behind' | 'inFlight'>[]): string {
  if (rows.every(row => row.in === 0)) return 'starting'
  const busy = (node: string): boolean => rows.some(row => row.node === node && row.behind + row.inFlight > 0)
  if (busy('preprocess') || busy('clean-labelled')) return 'reading conversations'
  if (busy('launch')) return 'training the value model'
  if (busy('annotate')) return 'annotating every turn'
  return 'sealing datasets'
}

/** Commands that can be typed as they stand: whoever came by `npm start` has no `steerflow` on the path. */
export function next(root: string, script = process.env.npm_lifecycle_event): readonly string[] {
  const here = relative(process.cwd(), root) || '.'
  const dir = here === '.steerflow' ? '' : ` --data-dir ${here}`
  const commands = [
    `tap conversations.scored --values --limit 1${dir}`,
    `datasets list${dir}`,
    `jobs list${dir}`,
    `dead-letters list${dir}`,
    'quickstart YOUR.jsonl --data-dir ./yours',
  ]
  return commands.map(command => `${script === 'start' ? 'npx steerflow' : 'steerflow'} ${command}`)
}
