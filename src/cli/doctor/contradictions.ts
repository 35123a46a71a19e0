import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { openMasker, type OpenMasker } from '../../adapters/tokenizer/open-masker.js'
import { explain, SteerflowError, asSteerflowError } from '../../domain/errors.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { spelled } from '../../trainers/lint/words.js'
import { fail, type Finding, ok, type Check, type Checked, warn } from './check.js'
import { isShared } from '../../adapters/log/open.js'
import type { Log } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { unlessAway } from '../../runtime/retry.js'
import { attributeSetOf } from '../attribute-sets.js'
import { type Config, endpointsOf, promptTokensOf } from '../config.js'
import { shippedTokenizer } from '../run/capabilities.js'
import { tokenNotes } from '../token-notes.js'
import { isBegun, refuseForeign } from '../data-folder.js'
import { openWorkspace } from '../workspace.js'
import { type AskedServers, endpointsAnswer, guidedHonoured } from './answers.js'
import { attributesAgree, attributesServed } from './attributes.js'
import { connectProblem } from './servers.js'
import { datasetsSealed, trainersRunnable } from './trainers.js'

/** A conversation that can be masked with every supported tokenizer and all prompt tokens. */
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
 * Checks that the tokenizer can be loaded and can mask a conversation with the prompt tokens.
 * @param waits receives the load of the tokenizer
 */
export async function tokenizerFits(path: string, tokens: PromptTokens, waits = new Waits()): Promise<Finding> {
  const todo =
    'Set clean.tokenizer to a tokenizer.json or SentencePiece .model file that works with promptTokens, or omit it to use the shipped one.'
  const opened = await waits
    .load(`the tokenizer ${path}`, () => openMasker({ model: path, tokens, threads: 1 }))
    .catch((error: unknown) => ({ error }))
  if ('error' in opened) return fail(`clean.tokenizer: ${explain(opened.error)}`, todo)
  try {
    const learnt = await opened.firstLearnt(example)
    if (learnt === null) throw new SteerflowError('STEERFLOW_UNMASKABLE', 'a plain conversation has no learnt token')
    return speltTokens(path, opened)
  } catch (error) {
    const both = `the tokenizer ${path} does not work with the prompt tokens ${spelled(tokens)}`
    return fail(`${both}: ${explain(error)}`, 'Correct clean.tokenizer or promptTokens; training must use the same.')
  } finally {
    await opened.close()
  }
}

/** Prompt tokens that a tokenizer spells in several tokens work, but lengthen every turn. */
function speltTokens(path: string, { kind, spelt: { system, turn, label } }: OpenMasker): Finding {
  if (system === 1 && turn === 1 && label === 1) return ok(path)
  const detail = `${path} spells the prompt tokens in ${system}, ${turn} and ${label} tokens, by which each turn is longer`
  if (kind === 'sentencepiece') return ok(detail)
  return warn(detail, 'Train with a tokenizer that has them as special tokens, or choose promptTokens that it has.')
}

/**
 * Contradictions within the configuration, or with its surroundings. `run`, `quickstart`, `doctor` and `config check` run
 * the same checks, and never treat a contradiction as an outage.
 */

/** Checks of the configuration on this machine, without log or servers. */
export const configChecks = (config: Config, waits: Waits): readonly Check[] => [
  { name: 'attributes', look: () => attributesServed(config) },
  {
    name: 'tokenizer',
    look: () => tokenizerFits(config.clean.tokenizer || shippedTokenizer, promptTokensOf(config), waits),
  },
  { name: 'prompt tokens', look: () => promptTokens(config) },
  { name: 'datasets', look: () => datasetsSealed(config) },
]

/** Checks for processes that launch training jobs. */
export const launchChecks = (config: Config): readonly Check[] => [
  { name: 'trainers', look: () => trainersRunnable(config) },
]

/** Checks that call the value model servers. */
export const annotateChecks = (config: Config): readonly Check[] =>
  serverChecks(() => [endpointsOf(config, 'annotate'), askedOf(config, 'annotate')])

/** Checks that call value model servers: that they answer, and that they keep to guided decoding. */
export const serverChecks = (
  servers: () => readonly [EndpointsSpec | null, AskedServers],
): readonly [answers: Check, guided: Check] => [
  { name: 'annotate answers', look: async () => endpointsAnswer(...servers()) },
  { name: 'guided decoding', look: async () => guidedHonoured(...servers()) },
]

/** Checks that call the SteerLM model servers, if any are configured. */
export const sampleChecks = (config: Config): readonly Check[] =>
  endpointsOf(config, 'sample') ? [{ name: 'sample answers', look: () => answers(config, 'sample') }] : []

/** Checks of the data in the log. */
export const dataChecks = (config: Config, log: Log): readonly Check[] => [
  { name: 'attribute sets', look: () => attributesAgree(config, log) },
]

/**
 * Runs the checks and returns those that only warn.
 * @throws STEERFLOW_CONFIG_INVALID with both sides of every contradiction and the next step; and errors of the checks
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

/**
 * Like `refuseContradictions`, for the data in the log of a run. If the log is temporarily unavailable, the check is
 * skipped; the run waits for it.
 */
export const refuseData = (config: Config, log: Log): Promise<unknown> =>
  unlessAway(() => refuseContradictions(dataChecks(config, log)), null)

/**
 * All checks of `config check`. Data is checked only if the log is available.
 * @param waits receives loads
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
    const unseen = opened instanceof SteerflowError ? [`the log was not checked: ${explain(opened)}`] : []
    return [...tokenNotes(config), ...warned, ...unseen]
  } finally {
    await found?.close()
  }
}

/** The opened log; null if there is none, an error if it cannot be opened now. */
async function openIfThere(config: Config): Promise<Awaited<ReturnType<typeof openWorkspace>> | SteerflowError | null> {
  const { log } = config
  try {
    refuseForeign(config, 'read')
  } catch (error) {
    return asSteerflowError(error)
  }
  if (!isBegun(config)) return null
  if (isShared(log) && 'kafka' in log) {
    const problems = await Promise.all(log.kafka.brokers.map(broker => connectProblem(`http://${broker}`)))
    if (!problems.includes(null)) return new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', problems.join(', '))
  }
  return openWorkspace(config, { makeTopics: false, looks: true }).catch(asSteerflowError)
}

/** What is asked of the servers of a configuration. */
export const askedOf = (config: Config, key: AskedServers['key']): AskedServers => ({
  key,
  set: attributeSetOf(config),
  tokens: promptTokensOf(config),
})

const answers = (config: Config, key: AskedServers['key']): Promise<Finding> =>
  endpointsAnswer(endpointsOf(config, key), askedOf(config, key))

/** Different prompt tokens in training are allowed, since the tutorial uses them, but reported. */
function promptTokens(config: Config): Finding {
  const notes = tokenNotes(config)
  return ok(notes.length === 0 ? 'the same in training' : notes.join('; '))
}
