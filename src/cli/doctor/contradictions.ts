import { openMasker } from '../../adapters/tokenizer/open-masker.js'
import { explain, SteerflowError, asSteerflowError } from '../../domain/errors.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { spelled } from '../../trainers/lint/words.js'
import { fail, type Finding, ok, type Check, type Checked } from './check.js'
import { isShared } from '../../adapters/log/open.js'
import type { Log } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { unlessAway } from '../../runtime/retry.js'
import { attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf, promptTokensOf } from '../config.js'
import { shippedTokenizer } from '../run/capabilities.js'
import { tokenNotes } from '../token-notes.js'
import { isBegun } from '../data-folder.js'
import { openWorkspace } from '../workspace.js'
import { endpointsAnswer } from './answers.js'
import { attributesAgree, attributesServed } from './attributes.js'
import { connectProblem } from './servers.js'
import { datasetsSealed, trainersRunnable } from './trainers.js'

/** A conversation that every tokenizer can mask with every prompt tokens that it takes. */
const example = {
  conversations: [
    { from: 'User', value: 'Hello.', label: 'quality:4' },
    { from: 'Assistant', value: 'Hello! How can I help?', label: 'quality:4' },
  ],
  system: 'A chat.',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
} as const

/**
 * Whether the tokenizer can be loaded, and masks a conversation that is spelled with the prompt tokens.
 * @param waits where it is said that it is loaded
 */
export async function tokenizerFits(path: string, tokens: PromptTokens, waits = new Waits()): Promise<Finding> {
  const todo =
    'Set clean.tokenizer to a SentencePiece .model file that can be read, or leave it out for the shipped one.'
  const opened = await waits
    .load(`the tokenizer ${path}`, () => openMasker({ model: path, tokens, threads: 1 }))
    .catch((error: unknown) => ({ error }))
  if ('error' in opened) return fail(`clean.tokenizer: ${explain(opened.error)}`, todo)
  try {
    const learnt = await opened.firstLearnt(example)
    if (learnt === null) throw new SteerflowError('STEERFLOW_UNMASKABLE', 'nothing of a plain conversation is learnt')
    return ok(path)
  } catch (error) {
    const both = `the tokenizer ${path} and the prompt tokens ${spelled(tokens)} do not go together`
    return fail(`${both}: ${explain(error)}`, 'Correct clean.tokenizer or promptTokens; training must use the same.')
  } finally {
    await opened.close()
  }
}

/**
 * What contradicts itself in a configuration, or contradicts what is there: `run`, `quickstart`, `doctor` and
 * `config check` make the same checks, and none of them takes a contradiction for an outage.
 */

/** Checks of the configuration on this machine: neither a log nor a server is asked. */
export const configChecks = (config: Config, waits: Waits): readonly Check[] => [
  { name: 'attributes', look: () => attributesServed(config) },
  {
    name: 'tokenizer',
    look: () => tokenizerFits(config.clean.tokenizer || shippedTokenizer, promptTokensOf(config), waits),
  },
  { name: 'prompt tokens', look: () => promptTokens(config) },
  { name: 'datasets', look: () => datasetsSealed(config) },
]

/** Checks of those who launch training jobs. */
export const launchChecks = (config: Config): readonly Check[] => [
  { name: 'trainers', look: () => trainersRunnable(config) },
]

/** Checks that ask the inference servers of the value model. */
export const annotateChecks = (config: Config): readonly Check[] => [
  { name: 'annotate answers', look: () => answers(config, 'annotate') },
]

/** Checks that ask the inference servers of the SteerLM model, where there are any. */
export const sampleChecks = (config: Config): readonly Check[] =>
  endpointsOf(config, 'sample') ? [{ name: 'sample answers', look: () => answers(config, 'sample') }] : []

/** Checks of the data in the log. */
export const dataChecks = (config: Config, log: Log): readonly Check[] => [
  { name: 'attribute sets', look: () => attributesAgree(config, log) },
]

/**
 * Makes the checks; returns those that only warn.
 * @throws STEERFLOW_CONFIG_INVALID naming both sides of everything that failed, and what to do; and what a check throws
 */
export async function refuseContradictions(checks: readonly Check[]): Promise<readonly Checked[]> {
  const made: Checked[] = []
  for (const check of checks) made.push({ check: check.name, ...(await check.look()) })
  const failed = made.filter(({ state }) => state === 'fail')
  if (failed.length > 0) {
    const message = failed.map(({ detail, todo }) => `${detail}. ${todo}`).join(' ')
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
  }
  return made.filter(({ state }) => state === 'warn')
}

/** The same for the data in a log that a run is to work on; one that is away for the moment is waited for by the run. */
export const refuseData = (config: Config, log: Log): Promise<unknown> =>
  unlessAway(() => refuseContradictions(dataChecks(config, log)), null)

/**
 * Everything that can be checked without a run, for `config check`: with the data, where there is a log that answers.
 * @param waits where it is said what is loaded
 * @throws STEERFLOW_CONFIG_INVALID
 */
export async function checkConfiguration(config: Config, waits: Waits): Promise<readonly string[]> {
  const onMachine = [...configChecks(config, waits), ...launchChecks(config)]
  const checks = [...onMachine, ...annotateChecks(config), ...sampleChecks(config)]
  const opened = await openIfThere(config)
  const found = opened instanceof SteerflowError ? null : opened
  try {
    const doubts = await refuseContradictions([...checks, ...(found ? dataChecks(config, found.log) : [])])
    const warned = doubts.map(({ check, detail }) => `${check}: ${detail}`)
    const unseen = opened instanceof SteerflowError ? [`the log was not looked at: ${explain(opened)}`] : []
    return [...tokenNotes(config), ...warned, ...unseen]
  } finally {
    await found?.close()
  }
}

/** The log, where there is one; an error where it cannot be opened now. */
async function openIfThere(config: Config): Promise<Awaited<ReturnType<typeof openWorkspace>> | SteerflowError | null> {
  const { log } = config
  if (!isBegun(config)) return null
  if (isShared(log) && 'kafka' in log) {
    const problems = await Promise.all(log.kafka.brokers.map(broker => connectProblem(`http://${broker}`)))
    if (!problems.includes(null)) return new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', problems.join(', '))
  }
  return openWorkspace(config, { makeTopics: false, looks: true }).catch(asSteerflowError)
}

function answers(config: Config, key: 'annotate' | 'sample'): Promise<Finding> {
  const asked = { key, set: attributeSetOf(config), tokens: promptTokensOf(config) }
  return endpointsAnswer(endpointsOf(config, key), asked)
}

/** Other prompt tokens in training are allowed, since the tutorial has them, and said. */
function promptTokens(config: Config): Finding {
  const notes = tokenNotes(config)
  return ok(notes.length === 0 ? 'the same in training' : notes.join('; '))
}
