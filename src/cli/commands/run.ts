import { resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { pipeline } from '../../pipeline.js'
import { type Verb } from '../command.js'
import { clientReportTo, endpointsReportTo, openLogger, reportTo } from '../logger.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { Live } from '../render/live.js'
import { Pace } from '../render/pace.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts } from '../run/interrupts.js'
import { runPipeline } from '../run/run-pipeline.js'
import { stuckWatch } from '../run/stuck.js'
import { openWorkspace } from '../workspace.js'

interface RunFlags extends ConfigFlags {
  readonly nodes?: string
  readonly untilIdle?: true
}

/** `run`: the pipeline's nodes at work on the log. */
export const run: Verb = (program, session) => {
  const command = program
    .command('run')
    .description('Run the pipeline on the log, until stopped or until everything is done.')
    .option('--nodes <names>', 'only these nodes, separated by commas')
    .option('--until-idle', 'end when everything that was ingested is done')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow run --until-idle\n  steerflow run --nodes preprocess,clean-unscored\n',
    )
  withConfig(command).action(async (flags: RunFlags) => {
    const nodes = chosen(flags.nodes)
    const config = configOf(flags)
    const logger = openLogger(session, resolve(config.dataDir))
    const workspace = await openWorkspace(config, { exclusive: true, report: clientReportTo(logger) })
    const stop = interrupts()
    const live = new Live(session)
    try {
      const opened = await openCapabilities(workspace, endpointsReportTo(logger))
      const pace = new Pace(config.annotate.price)
      const notStuck = stuckWatch(workspace, () => opened.hasValueModel())
      try {
        const { committed } = await runPipeline({
          workspace,
          nodes,
          capabilities: opened.capabilities,
          underWay: opened.underWay,
          untilIdle: flags.untilIdle ?? false,
          sources: async () => undefined,
          watch: async rows => {
            if (flags.untilIdle) await notStuck(rows)
            const mode = flags.untilIdle ? 'until idle' : 'running; Ctrl-C stops'
            live.show(rows, [mode, pace.note(rows, opened.fleet.stats().endpoints)].filter(Boolean).join('  '))
          },
          report: reportTo(logger),
          signal: stop.signal,
        })
        session.err(`${stop.signal.aborted ? 'stopped in good order' : 'idle'}: ${committed} records committed\n`)
      } finally {
        await opened.close()
      }
    } finally {
      stop.release()
      await workspace.close()
    }
  })
}

function chosen(names: string | undefined): typeof pipeline {
  if (names === undefined) return pipeline
  return names.split(',').map(name => {
    const node = pipeline.find(one => one.name === name.trim())
    if (node) return node
    const known = pipeline.map(one => one.name).join(', ')
    throw new SteerflowError('STEERFLOW_USAGE', `--nodes: no node is called ${name}; known: ${known}`)
  })
}
