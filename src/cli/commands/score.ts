import { openSource } from '../../adapters/source/open-source.js'
import { SteerflowError } from '../../domain/errors.js'
import { pipeline } from '../../pipeline.js'
import { hostNodes } from '../../runtime/file-host.js'
import { type Source } from '../../runtime/ingest.js'
import { reader } from '../../stages/bind.js'
import { annotated, dropped, raw } from '../../topics.js'
import { exitCodes, type Verb } from '../command.js'
import { nodeOptions } from '../config.js'
import { formatOption } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts } from '../run/interrupts.js'
import { inWorkspace } from '../workspace.js'

/** The way of a conversation to its scores. */
const way = ['preprocess', 'clean-unscored', 'annotate']
const nodes = pipeline.filter(({ name }) => way.includes(name))
const readDropped = reader(dropped)

/** `score FILE`: predicted attributes of every turn, with the active value model; the log is not written. */
export const score: Verb = (program, session) => {
  const command = program
    .command('score')
    .description('Score the turns of a file with the active value model; prints the conversations with their labels.')
    .argument('<file>', '.jsonl or .jsonl.gz of conversations in any known format; - is standard input')
    .addOption(formatOption())
    .addHelpText('after', '\nExample, after `steerflow quickstart`:\n  steerflow score chat.jsonl > scored.jsonl\n')
  withConfig(command).action((file: string, flags: ConfigFlags & { format?: string }) =>
    inWorkspace(configOf(flags), async workspace => {
      const { config } = workspace
      const opened = await openCapabilities(workspace)
      const source = await openSource(file, { format: flags.format, maxLineBytes: config.ingest.maxLineBytes })
      const stop = interrupts()
      let rejected = 0
      const reject = (position: number, error: SteerflowError): void => {
        rejected++
        session.err(`${source.name}, record ${position + 1}: ${error.code}: ${error.message}\n`)
      }
      try {
        if (!(await opened.hasValueModel())) {
          throw new SteerflowError(
            'STEERFLOW_USAGE',
            'there is no active value model yet: run `steerflow quickstart` first',
          )
        }
        const results = hostNodes(recordsOf(source, reject), raw.name, {
          nodes,
          capabilities: opened.capabilities,
          options: node => nodeOptions(config, node),
          concurrency: 256,
          signal: stop.signal,
        })
        for await (const { position, emissions, error } of results) {
          if (error) reject(position, error)
          for (const { topic, value } of emissions ?? []) {
            if (topic === annotated.name) session.out(`${value.toString('utf8')}\n`)
            else if (topic === dropped.name) {
              const { reason, detail } = readDropped(value)
              session.err(`${source.name}, record ${position + 1}: left out as ${reason}: ${detail}\n`)
            }
          }
        }
      } finally {
        stop.release()
        await source.close()
        await opened.close()
      }
      if (rejected > 0) session.exit(exitCodes.rejected)
    }),
  )
}

async function* recordsOf(source: Source, reject: (position: number, error: SteerflowError) => void) {
  for await (const item of source.items()) {
    if (item.kind === 'record') yield item
    else reject(item.position, new SteerflowError(item.code, item.reason))
  }
}
