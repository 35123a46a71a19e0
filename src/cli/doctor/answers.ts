import { z } from 'zod'
import { type Bounds, wholeAnswer } from '../../adapters/foreign-answer.js'
import { shownUrl } from '../../adapters/inference/credentials.js'
import { lineGeneration } from '../../adapters/inference/score-turn.js'
import { currentEndpoints } from '../../adapters/inference/endpoints/current.js'
import { addressOf, type DeclaredEndpoint } from '../../adapters/inference/endpoints/declared.js'
import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { Endpoint } from '../../adapters/inference/pool/endpoint.js'
import { nemoGenerate } from '../../adapters/inference/protocols/nemo-generate.js'
import type { Generation, Protocol, Verdict } from '../../adapters/inference/protocols/protocol.js'
import type { Protocols } from '../../adapters/inference/protocols/protocols.js'
import { Secrets } from '../../adapters/secrets.js'
import { labelKeys, type AttributeSet } from '../../domain/attributes.js'
import { explain } from '../../domain/errors.js'
import { serverRoot } from '../../adapters/inference/request-path.js'
import { parseOrUndefined } from '../../domain/json/json.js'
import { readLine } from '../../domain/label-reply.js'
import { labelPrompt } from '../../domain/prompt.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { greedy } from '../../domain/sampling.js'
import { fail, type Finding, ok, warn } from './check.js'

/** Timeout of one answer, in milliseconds. */
const waitMs = 10_000

/** A server's reaction to a simple request. */
interface Said {
  readonly url: string
  /** `refuses`: it would reject every other request too. `unknown`: it is unreachable or busy. */
  readonly kind: 'answers' | 'refuses' | 'unknown'
  readonly words: string
}

/** Content of the request to the servers. */
export interface AskedServers {
  readonly key: 'annotate' | 'sample'
  readonly set: AttributeSet
  readonly tokens: PromptTokens
  /** Where the servers were named, if not in the configuration. */
  readonly flags?: { readonly servers: string; readonly correct: string }
}

/** The key or flag of the servers, and the next step for the user. */
function words({ key, flags }: AskedServers): { readonly servers: string; readonly todo: string } {
  if (flags) return { servers: flags.servers, todo: `Correct ${flags.correct}, or the server.` }
  const keys = `${key}.endpoints (url, protocol, modelName, guided, apiKeyEnv or apiKeyFile)`
  return { servers: `${key}.endpoints`, todo: `Correct ${keys}, or the server, then run steerflow doctor again.` }
}

/**
 * Checks that inference servers accept a simple request for a few tokens, once per server. Unreachable and busy servers
 * count as unknown.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID if a source cannot be read
 */
export async function endpointsAnswer(spec: EndpointsSpec | null, asked: AskedServers): Promise<Finding> {
  if (!spec) return ok('no server is configured')
  const { endpoints } = await currentEndpoints(spec)
  const said = await Promise.all(endpoints.map(endpoint => ask(endpoint, asked, spec.protocols)))
  const of = (kind: Said['kind']): readonly Said[] => said.filter(one => one.kind === kind)
  const text = (all: readonly Said[]): string => all.map(({ url, words }) => `${url} ${words}`).join('; ')
  const { servers, todo } = words(asked)
  if (endpoints.length > 0 && of('refuses').length === endpoints.length) {
    const who = endpoints.length === 1 ? 'the server refuses' : 'every server refuses'
    return fail(`${servers}: ${who} a plain request: ${text(said)}`, todo)
  }
  const bad = [...of('refuses'), ...of('unknown')]
  return bad.length === 0 ? ok(`${said.length} answer`) : warn(`${of('answers').length} answer; ${text(bad)}`, todo)
}

/**
 * Checks that servers keep to the guided decoding that is configured for them: a whole line is requested of each, and
 * must be one. Servers ignore fields that they do not know, and then write whatever the model writes.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID if a source cannot be read
 */
export async function guidedHonoured(spec: EndpointsSpec | null, asked: AskedServers): Promise<Finding> {
  const endpoints = spec ? (await currentEndpoints(spec)).endpoints : []
  const guided = endpoints.filter(({ guided = 'none' }) => guided !== 'none')
  if (guided.length === 0) return ok('not configured')
  const wrong = (await Promise.all(guided.map(one => askGuided(one, asked, spec?.protocols)))).filter(
    one => one !== null,
  )
  const { servers, todo } = words(asked)
  return wrong.length === 0 ? ok(`${guided.length} servers`) : fail(`${servers}: ${wrong.join('; ')}`, todo)
}

/** What a server writes that ignores its guided decoding; null if it keeps to it, or cannot be asked. */
async function askGuided(
  endpoint: DeclaredEndpoint,
  { set, tokens }: AskedServers,
  protocols?: Protocols,
): Promise<string | null> {
  const generation = lineGeneration(labelPrompt(turn.system, turn.turns, tokens), { set, tokens, turn })
  const verdict = await atServer(endpoint, set, protocols, server => send(server, generation)).catch(() => null)
  const answer = verdict?.kind === 'ok' ? verdict.answers[0]! : null
  if (answer === null || answer.kind === 'scores') return null
  const sentence = answer.kind === 'sentence' ? answer.sentence : generation.prompt + answer.text
  if (readLine(sentence, generation.prompt, set, tokens)) return null
  const reply = JSON.stringify(sentence.slice(generation.prompt.length).slice(0, 60))
  return (
    `${shownUrl(endpoint.url)} ignores guided decoding (guided: ${endpoint.guided}) and replies ${reply}, which is no ` +
    'label line; vLLM from 0.12 on takes regex-vllm, earlier ones regex-vllm-before-0.12, llama.cpp gbnf'
  )
}

const send = (server: Endpoint, generation: Generation): Promise<Verdict> =>
  server.send([generation], AbortSignal.timeout(waitMs + 1000))

/** Opens a server for one use. @throws errors of the address, and of the use */
async function atServer<T>(
  endpoint: DeclaredEndpoint,
  set: AttributeSet,
  protocols: Protocols | undefined,
  use: (server: Endpoint) => Promise<T>,
): Promise<T> {
  const server = new Endpoint(addressOf(endpoint, set, protocols), {
    protocol: nemoGenerate,
    inFlight: 1,
    mostInFlight: 1,
    batch: 1,
    tokensInFlight: 1_000_000,
    deadlineMs: waitMs,
    lines: false,
    breaker: { failures: 5, pause: { first: 100, most: 100 }, random: Math.random },
  })
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

async function ask(
  endpoint: DeclaredEndpoint,
  { key, set, tokens }: AskedServers,
  protocols?: Protocols,
): Promise<Said> {
  const url = shownUrl(endpoint.url)
  try {
    addressOf(endpoint, set, protocols)
  } catch (error) {
    return { url, kind: 'refuses', words: explain(error) }
  }
  try {
    const generation = key === 'annotate' ? labelled(set, tokens) : plain(tokens)
    const said = await atServer(endpoint, set, protocols, async server =>
      judged(await send(server, generation), server.protocol),
    )
    const served = said.kind === 'refuses' && endpoint.modelName !== undefined ? await modelsOf(endpoint) : []
    if (served.length === 0 || served.includes(endpoint.modelName!)) return { url, ...said }
    const words = `${said.words}; it serves ${served.join(', ')}, but modelName is ${endpoint.modelName}`
    return { url, kind: said.kind, words }
  } catch (error) {
    return { url, kind: 'unknown', words: explain(error) }
  }
}

function judged(verdict: Verdict, { gives }: Protocol): Pick<Said, 'kind' | 'words'> {
  if (verdict.kind === 'ok') return { kind: 'answers', words: '' }
  const { kind, reason } = verdict
  const words = reason.replace(/(?<![.\s])[.\s]+$/, '')
  // A redirect, a rejected key, or an unknown path or model affects every request.
  const turnedAway = kind === 'unavailable' && /\bstatus [34]\d\d\b/.test(reason)
  const wrongAnswer =
    gives === 'scores' && /^(no (rewards|score|choices)|not JSON|the model gives)|does not/.test(reason)
  return { kind: kind === 'poison' || turnedAway || wrongAnswer ? 'refuses' : 'unknown', words }
}

const hello = { from: 'User', value: 'Hello.', label: null }
const turn = { system: '', turns: [hello, { from: 'Assistant', value: 'Hello! How can I help?', label: null }] }

/** A label line for the server to continue. */
const labelled = (set: AttributeSet, tokens: PromptTokens): Generation => ({
  prompt: `${labelPrompt(turn.system, turn.turns, tokens)}${labelKeys(set)[0]}:`,
  maxTokens: 2,
  endStrings: [tokens.turn],
  line: null,
  turn,
})

/** A request for a few tokens of an answer. */
const plain = (tokens: PromptTokens): Generation => ({
  prompt: labelPrompt(turn.system, [hello], tokens),
  maxTokens: 2,
  endStrings: [tokens.turn],
  line: null,
  sampling: greedy,
  turn: { system: '', turns: [hello] },
})

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) })
/** Limits on the list. */
const listBounds: Bounds = { ms: 3000, bytes: 1 << 20 }

/** The models that an OpenAI-compatible server lists; empty if it lists none. */
export async function modelsOf(
  { url, headers }: Pick<DeclaredEndpoint, 'url' | 'headers'>,
  bounds: Bounds = listBounds,
): Promise<readonly string[]> {
  try {
    const { text } = await wholeAnswer(bounds, signal =>
      fetch(`${serverRoot(shownUrl(url))}/v1/models`, { ...(headers && { headers }), redirect: 'manual', signal }),
    )
    const said = new Secrets(headers ?? {}, [url]).cut(text)
    const { data } = ModelList.parse(parseOrUndefined(said))
    return data.map(({ id }) => id).slice(0, 10)
  } catch {
    return []
  }
}
