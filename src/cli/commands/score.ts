import type { SourceMap } from '../../domain/formats/map.js'
import { type Node, reader } from '../../stages/node.js'
import { openSource } from '../../adapters/source/open-source.js'
import { SteerflowError } from '../../domain/errors.js'
import { hostNodes } from '../../runtime/file-host.js'
import type { Source } from '../../runtime/ingest.js'
import { closure, feeds, upstream } from '../../runtime/reach.js'
import { Waits } from '../../runtime/waits.js'
import { annotate } from '../../stages/annotate.js'
import { annotated, dropped, labelled, raw } from '../../topics.js'
import { exitCodes, type Verb } from '../command.js'
import { nodeOptions } from '../node-options.js'
import { type Config, endpointsOf } from '../config.js'
import { endFile } from '../file-end.js'
import { formatOption, knowingFormat, mapOption, retryForOption } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { tellServers, tellWaits } from '../render/waits.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts } from '../run/interrupts.js'
import { outageLimit } from '../run/outage-limit.js'
import { lookInWorkspace } from '../workspace.js'

/** The nodes on the way from a topic to the nodes of a stage, in pipeline order. */
export function nodesBetween(pipeline: readonly Node[], from: string, stage: string): readonly Node[] {
  const isGoal = (node: Node): boolean => node.stage.name === stage
  const reached = closure(
    pipeline.filter(node => node.from.name === from),
    node => (isGoal(node) ? [] : pipeline.filter(reader => feeds(node, reader))),
  )
  const leading = closure(pipeline.filter(isGoal), reader => pipeline.filter(node => feeds(node, reader)))
  return pipeline.filter(node => reached.has(node) && leading.has(node))
}

/** Topics on the way of records with human labels: a side branch that has nothing to do with scores. */
const aside = (pipeline: readonly Node[]): ReadonlySet<string> =>
  new Set([labelled.name, ...upstream(pipeline, labelled.name).map(({ from }) => from.name)])
const readDropped = reader(dropped)

interface ScoreFlags {
  readonly format?: string
  readonly map?: SourceMap
  readonly retryFor: number | null
}

/** Configured servers provide a model, so no data folder is needed. */
const needsNone = (config: Config): boolean => endpointsOf(config, 'annotate') !== null

/** `score FILE`: predicts attributes of every turn with the active value model, without writing to the log. */
export const score: Verb = (program, session) => {
  const command = program
    .command('score')
    .description(
      'Score the turns of a file with the active value model, and print the conversations with their labels.',
    )
    .argument('<file>', 'JSON lines, a JSON array or Parquet, also packed; - is standard input')
    .addOption(formatOption())
    .addOption(mapOption())
    .addOption(retryForOption('how long to wait while no inference server answers; or forever', 60))
    .addHelpText('after', '\nExample, after `steerflow quickstart`:\n  steerflow score chat.jsonl > scored.jsonl\n')
  withConfig(command).action((file: string, flags: ConfigFlags & ScoreFlags) =>
    lookInWorkspace(
      knowingFormat(configOf(flags), flags),
      async workspace => {
        const { config } = workspace
        const opened = await openCapabilities(workspace, tellServers(session), new Waits(tellWaits(session)))
        const limit = outageLimit(opened, flags.retryFor)
        const { flow, ingest } = config
        const apart = aside(flow.nodes)
        const { format, map = ingest.map } = flags
        const about = { format, map, formats: flow.formats, maxLineBytes: ingest.maxLineBytes }
        const source = await openSource(file, about)
        const stop = interrupts()
        let rejected = 0
        let scored = 0
        let leftOut = 0
        const reject = (position: number, error: SteerflowError): void => {
          rejected++
          session.err(`${source.name}, record ${position + 1}: ${error.code}: ${error.message}\n`)
        }
        try {
          if (!(await opened.hasValueModel())) {
            throw new SteerflowError(
              'STEERFLOW_USAGE',
              'no value model is active yet: run `steerflow quickstart` first',
            )
          }
          const results = hostNodes(recordsOf(source, reject), raw.name, {
            nodes: nodesBetween(config.flow.nodes, raw.name, annotate.name),
            capabilities: opened.capabilities,
            options: node => nodeOptions(config, node),
            concurrency: 256,
            signal: AbortSignal.any([stop.signal, limit.signal]),
          })
          for await (const { position, emissions, error } of results) {
            if (error) reject(position, error)
            for (const { topic, value } of emissions ?? []) {
              if (topic === annotated.name) {
                scored++
                await session.data(`${value.toString('utf8')}\n`)
              } else if (topic === dropped.name) {
                leftOut++
                const { reason, detail } = readDropped(value)
                session.err(`${source.name}, record ${position + 1}: left out as ${reason}: ${detail}\n`)
              } else if (!apart.has(topic)) {
                leftOut++
                session.err(`${source.name}, record ${position + 1}: went to ${topic}, which is not scored\n`)
              }
            }
          }
        } catch (error) {
          limit.signal.throwIfAborted()
          throw error
        } finally {
          limit.release()
          stop.release()
          await source.close()
          await opened.close()
        }
        if (rejected > 0) session.exit(exitCodes.rejected)
        endFile(session, {
          output: `the scored part of ${source.name} (${rejected} records rejected, ${leftOut} conversations left out)`,
          holdsSomething: scored > 0,
          next: 'give a file of conversations with turns to score, or set --format',
        })
      },
      { scratch: needsNone },
    ),
  )
}

async function* recordsOf(source: Source, reject: (position: number, error: SteerflowError) => void) {
  for await (const item of source.items()) {
    if (item.kind === 'record') yield item
    else reject(item.position, new SteerflowError(item.code, item.reason))
  }
}
