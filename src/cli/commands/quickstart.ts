import { noMap, type SourceMap } from '../../domain/formats/map.js'
import { labelled, raw, scored, unscored } from '../../topics.js'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { exitCodes, type Verb } from '../command.js'
import { logged, type WorkResult } from '../log/logged.js'
import { formatOption, knowingFormat, mapOption, retryForOption } from '../flags.js'
import { type ConfigFlags, withConfig } from '../options.js'
import type { LiveRow } from '../render/live-row.js'
import { renderSummary } from '../render/summary.js'
import { comesTo, hasRecords } from '../run/comes-to.js'
import { ingestFiles } from '../run/ingest-files.js'
import { type AtWork, atWork } from '../run/at-work.js'
import { signalCode } from '../run/interrupts.js'
import { isNoneTaken, sayNoneTaken, sayNothingCame } from '../run/none-taken.js'
import type { RunResult } from '../run/run-pipeline.js'
import { tellRejected, tellRepeats } from '../run/tell-rejected.js'
import { shellWord } from '../../domain/shell-word.js'
import { collectSummary } from '../summary/collect.js'
import type { SourceSummary, Summary } from '../summary/summary.js'
import { annotate } from '../../stages/annotate.js'
import { launch } from '../../stages/launch.js'
import { preprocess } from '../../stages/preprocess.js'
import { tokenNotes } from '../token-notes.js'

/** The example conversations shipped with this package. */
const shippedTrees = fileURLToPath(new URL('../../../examples/data/oasst1_en_val.trees.jsonl', import.meta.url))

interface QuickstartFlags extends ConfigFlags {
  readonly format?: string
  readonly map?: SourceMap
  readonly json?: true
  readonly retryFor: number | null
}

/** `quickstart [FILES…]`: from conversations to steerable training data in one command. */
export const quickstart: Verb = (program, session) => {
  const command = program
    .command('quickstart')
    .description(
      'Run the whole flow on your conversations or the shipped ones: value model, annotation, training data.',
    )
    .argument('[files...]', 'JSON lines, JSON arrays or Parquet, also packed; - is standard input')
    .addOption(formatOption())
    .addOption(mapOption())
    .option('--json', 'print the summary as JSON')
    .addOption(retryForOption('how long to wait while no inference server answers; or forever'))
    .addHelpText(
      'after',
      '\nEnds by itself. Started again after a stop it resumes, and does nothing twice.\n' +
        '\nExamples:\n  steerflow quickstart\n  steerflow quickstart MY.jsonl --data-dir ./mine\n',
    )
  withConfig(command).action((files: string[], flags: QuickstartFlags) =>
    logged(session, flags, { command: 'quickstart', nodes: ({ flow }) => flow.nodes }, async ({ config, logger }) => {
      knowingFormat(config, flags)
      return atWork({ session, config, logger, launches: true, retryFor: flags.retryFor }, async ready => {
        const { summary, counts } = await wholeFlow(ready, files, flags, logger)
        ready.live.clear()
        if (summary === null) {
          session.exit(signalCode() ?? exitCodes.failed)
          return { reason: 'stopped', words: 'stopped cleanly; run the same command again to continue', counts }
        }
        await writeFile(join(ready.workspace.root, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
        if (flags.json) await session.json(summary)
        else await session.out(`${renderSummary(summary, session.columns).join('\n')}\n`)
        tellRejected({ session, logger }, counts.nodes)
        tellRepeats({ session, logger }, counts.nodes)
        const nothing = !(await hasRecords(ready.workspace.log, raw.name))
        sayNoneTaken({ session, logger }, nothing ? summary.sources : summary.sources.filter(isNoneTaken))
        if (!nothing && summary.turns.annotated === 0) sayNothingCame({ session, logger })
        return { reason: 'done', words: '', counts }
      })
    }),
  )
}

/** Runs all nodes until idle; the summary is null after an interrupt. */
async function wholeFlow(
  { workspace, waits, signal, runNodes }: AtWork,
  files: readonly string[],
  flags: QuickstartFlags,
  logger: Logger,
): Promise<{ readonly summary: Summary | null; readonly counts: RunResult & WorkResult['counts'] }> {
  const started = performance.now()
  const sources: SourceSummary[] = []
  const { log } = workspace
  const { nodes: pipeline } = workspace.config.flow
  for (const note of tokenNotes(workspace.config)) logger.info({ event: 'note', note }, 'prompt tokens differ')
  const { committed, nodes } = await runNodes({
    nodes: pipeline,
    untilIdle: true,
    sources: async stopped => {
      const own = files.length > 0 ? files : [shippedTrees]
      const tell = (message: string): void => logger.info({ event: 'source' }, message)
      const report = { signal: stopped, waits, tell }
      sources.push(...(await ingestFiles(workspace, own, { format: flags.format, map: flags.map }, report)))
      // If nothing of the user's files was accepted, a model trained on the shipped conversations alone is of no use.
      if (files.length > 0 && !(await hasRecords(log, raw.name))) return
      if (await comesTo(log, pipeline, labelled.name, stopped)) return
      if (files.length > 0 && !(await comesTo(log, pipeline, unscored.name, stopped))) return
      // Without human labels in these files, the value model is trained on the shipped labelled conversations.
      sources.push(...(await ingestFiles(workspace, [shippedTrees], { only: 'labelled', map: noMap }, report)))
    },
    note: phase,
  })
  const counts = { committed, sources, nodes }
  if (signal.aborted) return { summary: null, counts }
  const changed = committed > 0 || sources.some(source => source.records + source.rejected > 0)
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const summary = await collectSummary(workspace, { seconds, changed, sources, next: next(workspace.root) })
  return { summary, counts }
}

/** Current activity, for the live display. */
export function phase(rows: readonly Pick<LiveRow, 'stage' | 'in' | 'behind' | 'inFlight'>[]): string {
  if (rows.every(row => row.in === 0)) return 'starting'
  const busy = ({ name }: { readonly name: string }): boolean =>
    rows.some(row => row.stage === name && row.behind + row.inFlight > 0)
  if (busy(preprocess)) return 'reading conversations'
  if (busy(launch)) return 'training the value model'
  if (busy(annotate)) return 'annotating every turn'
  return 'sealing datasets'
}

/** Next commands, ready to paste: after `npm start`, `steerflow` is not on the path. */
export function next(root: string, script = process.env.npm_lifecycle_event): readonly string[] {
  const here = relative(process.cwd(), root) || '.'
  const dir = here === '.steerflow' ? '' : ` --data-dir ${shellWord(here)}`
  const commands = [
    `tap ${scored.name} --values --limit 1${dir}`,
    `datasets list${dir}`,
    `jobs list${dir}`,
    `dead-letters list${dir}`,
    'quickstart YOUR.jsonl --data-dir ./yours',
  ]
  return commands.map(command => `${script === 'start' ? 'npx steerflow' : 'steerflow'} ${command}`)
}
