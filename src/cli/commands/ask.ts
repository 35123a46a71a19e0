import { text as readText } from 'node:stream/consumers'
import { InvalidArgumentError } from 'commander'
import { ActiveModel } from '../../adapters/models/active-model.js'
import { SteerflowError } from '../../domain/errors.js'
import { parseWishes, type Wishes } from '../../domain/steering.js'
import { nemoSystemPrompt } from '../../domain/system-prompt.js'
import { race } from '../../runtime/concurrency.js'
import { Waits } from '../../runtime/waits.js'
import { models } from '../../topics.js'
import { ask as askFleet, type AskedReply, modelToAsk } from '../ask/ask.js'
import { openAnswering } from '../ask/fleet.js'
import type { Session, Verb } from '../command.js'
import { attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf } from '../config.js'
import { retryForOption, unescaped, wholeNumber } from '../flags.js'
import { sampleChecks } from '../doctor/contradictions.js'
import { loadConfig } from '../load-config.js'
import { type ConfigFlags, flowIn, flowOption } from '../options.js'
import { comparison } from '../render/comparison.js'
import { tellServers, tellWaits } from '../render/waits.js'
import { openCapabilities } from '../run/capabilities.js'
import { interrupts } from '../run/interrupts.js'
import { outageLimit } from '../run/outage-limit.js'
import { onDoubt, watched } from '../run/server-refusal.js'
import { lookInWorkspace } from '../workspace.js'

interface Flags extends Pick<ConfigFlags, 'config' | 'flow'> {
  readonly dataDir?: string
  readonly set: readonly Wishes[]
  readonly compare?: true
  readonly system?: string
  readonly endpoint: readonly string[]
  readonly protocol?: string
  readonly model?: string
  readonly maxTokens?: number
  readonly temperature: number
  readonly topP: number
  readonly seed?: number
  readonly retryFor: number | null
  readonly json?: true
}

/** Parser for commander: a number from `low` to `high`. */
const between = (low: number, high: number) => (text: string) => {
  const value = Number(text)
  if (text.trim() !== '' && value >= low && value <= high) return value
  throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`)
}

/** `ask QUESTION`: a SteerLM model's answer with the requested attributes. */
export const ask: Verb = (program, session) => {
  program
    .command('ask')
    .description('Ask a SteerLM model for an answer with given attributes, and print it.')
    .argument('<question>', 'the user’s message; - is standard input')
    .option(
      '--set <wishes>',
      'attributes of the answer, e.g. quality=4,humor=2; the rest default to a good answer; may be repeated',
      (text: string, before: readonly Wishes[]) => [...before, parseWishes(text)],
      [],
    )
    .option('--compare', 'score each answer with the value model and show them side by side')
    .option('--system <text>', 'system prompt, \\n for a line break (default: the one in the training data)', lineEnds)
    .option(
      '--endpoint <url>',
      'server of the SteerLM model, in place of sample.endpoints; may be repeated',
      collect,
      [],
    )
    .option('--protocol <name>', 'protocol of those servers (default: nemo-generate)')
    .option('--model <name>', 'digest or name of the model to ask, if servers declare several')
    .option('--max-tokens <n>', 'token limit of the answer (default: sample.maxTokens, 512)', wholeNumber(1))
    .option('--temperature <t>', 'sampling temperature; 0: the most likely answer', between(0, 100), 0)
    .option(
      '--top-p <p>',
      'nucleus sampling: sample from the most likely tokens with this total probability',
      between(0.01, 1),
      0.9,
    )
    .option('--seed <n>', 'seed of the sampling', wholeNumber(0))
    .addOption(retryForOption('how long to wait for servers that are down or silent; or forever', 120))
    .option('--config <file>', 'configuration file (default: ./steerflow.yaml, if it exists)')
    .option('--data-dir <dir>', 'folder of the log, shards, datasets, jobs and models (default: .steerflow)')
    .addOption(flowOption())
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow ask "How do bees find flowers?" --set quality=4,humor=2 --endpoint http://127.0.0.1:1424\n' +
        '  steerflow ask "Tell me a joke." --compare --set humor=0 --set humor=4\n',
    )
    .action(async (question: string, flags: Flags) => {
      const config = configured(flags)
      const stop = interrupts()
      try {
        const text = question === '-' ? (await readText(process.stdin)).replace(/\n$/, '') : question
        if (text.trim() === '') throw new SteerflowError('STEERFLOW_USAGE', 'the question is empty')
        await answerAll(session, text, flags, config, stop.signal)
      } finally {
        stop.release()
      }
    })
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/**
 * Reads `\
 * ` as a line break, and the escapes of `unescaped`.
 */
const lineEnds = (text: string): string => unescaped(text.replaceAll('\\n', '\n'))

/** The configuration; servers given on the command line replace the configured ones. */
function configured(flags: Flags): Config {
  const { config, dataDir, endpoint, protocol } = flags
  const endpoints = endpoint.map(url => ({ url, ...(protocol !== undefined && { protocol }) }))
  const set = [
    ...(dataDir === undefined ? [] : [`dataDir=${JSON.stringify(dataDir)}`]),
    ...(endpoints.length === 0 ? [] : [`sample.endpoints=${JSON.stringify(endpoints)}`, 'sample.endpointsFile=""']),
  ]
  if (protocol !== undefined && endpoints.length === 0) {
    throw new SteerflowError('STEERFLOW_USAGE', '--protocol needs --endpoint')
  }
  return loadConfig({ flow: flowIn(flags), file: config, set, env: process.env })
}

async function answerAll(
  session: Session,
  text: string,
  flags: Flags,
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const answering = await openAnswering(config, flags.retryFor, { report: tellServers(session) })
  const settings = flags.set.length === 0 ? [{}] : flags.set
  const refusing = watched(
    onDoubt(
      () => sampleChecks(config).map(check => ({ check, counts: () => answering.fleet.outage() !== null })),
      () => answering.fleet.outage(),
    ),
  )
  try {
    const active = (): Promise<readonly string[]> =>
      lookInWorkspace(
        config,
        async ({ log }) => {
          const model = await new ActiveModel(log, models, 'steerlm').now()
          return model ? [model.digest, model.model] : []
        },
        { scratch: () => true },
      )
    const question = {
      text,
      system: flags.system ?? nemoSystemPrompt,
      model: flags.model ?? (await modelToAsk(answering.fleet.models(), active)),
      set: attributeSetOf(config),
      sampling: { temperature: flags.temperature, topP: flags.topP, topK: 0, seed: flags.seed ?? null },
      maxTokens: flags.maxTokens ?? config.sample.maxTokens,
    }
    const asking = flags.compare
      ? lookInWorkspace(
          config,
          async workspace => {
            const opened = await openCapabilities(workspace, tellServers(session), new Waits(tellWaits(session)))
            const limit = outageLimit(opened, flags.retryFor)
            try {
              if (!(await opened.hasValueModel())) {
                throw new SteerflowError(
                  'STEERFLOW_USAGE',
                  'there is no active value model to compare with: run `steerflow quickstart` first, or omit --compare',
                )
              }
              const ends = AbortSignal.any([signal, limit.signal])
              const judge = await opened.capabilities.valueModels.pin(ends)
              return await askFleet(answering.fleet, question, settings, judge, ends)
            } catch (error) {
              limit.signal.throwIfAborted()
              throw error
            } finally {
              limit.release()
              await opened.close()
            }
          },
          { scratch: config => endpointsOf(config, 'annotate') !== null },
        )
      : askFleet(answering.fleet, question, settings, null, signal)
    await print(session, await race([asking, refusing.refused]), flags)
  } finally {
    refusing.release()
    await answering.close()
  }
}

async function print(session: Session, replies: readonly AskedReply[], { json, compare }: Flags): Promise<void> {
  if (json) for (const reply of replies) await session.json(reply)
  else if (compare) await session.out(comparison(replies, session.columns))
  else
    for (const { label, answer, finish } of replies) {
      session.err(`asked for ${label}${finish === 'length' ? '; cut off at --max-tokens' : ''}\n`)
      await session.out(`${answer}\n`)
    }
}
