import { z } from 'zod'
import { type Bounds, wholeAnswer } from '../../adapters/foreign-answer.js'
import { shownUrl } from '../../adapters/inference/credentials.js'
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
import { parseOrUndefined } from '../../domain/json/json.js'
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
  const { key } = asked
  const todo = `Correct ${key}.endpoints (url, protocol, modelName, apiKeyEnv or apiKeyFile), or the server, then run steerflow doctor again.`
  if (endpoints.length > 0 && of('refuses').length === endpoints.length) {
    const who = endpoints.length === 1 ? 'the server refuses' : 'every server refuses'
    return fail(`${key}.endpoints: ${who} a plain request: ${text(said)}`, todo)
  }
  const bad = [...of('refuses'), ...of('unknown')]
  return bad.length === 0 ? ok(`${said.length} answer`) : warn(`${of('answers').length} answer; ${text(bad)}`, todo)
}

async function ask(
  endpoint: DeclaredEndpoint,
  { key, set, tokens }: AskedServers,
  protocols?: Protocols,
): Promise<Said> {
  const url = shownUrl(endpoint.url)
  let server: Endpoint
  try {
    server = new Endpoint(addressOf(endpoint, set, protocols), {
      protocol: nemoGenerate,
      inFlight: 1,
      mostInFlight: 1,
      batch: 1,
      tokensInFlight: 1_000_000,
      deadlineMs: waitMs,
      lines: false,
      breaker: { failures: 5, pause: { first: 100, most: 100 }, random: Math.random },
    })
  } catch (error) {
    return { url, kind: 'refuses', words: explain(error) }
  }
  try {
    const generation = key === 'annotate' ? labelled(set, tokens) : plain(tokens)
    const verdict = await server.send([generation], AbortSignal.timeout(waitMs + 1000))
    const said = judged(verdict, server.protocol)
    const served = said.kind === 'refuses' && endpoint.modelName !== undefined ? await modelsOf(endpoint) : []
    if (served.length === 0 || served.includes(endpoint.modelName!)) return { url, ...said }
    const words = `${said.words}; it serves ${served.join(', ')}, but modelName is ${endpoint.modelName}`
    return { url, kind: said.kind, words }
  } catch (error) {
    return { url, kind: 'unknown', words: explain(error) }
  } finally {
    await server.close()
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
    const base = shownUrl(url).replace(/\/v1$/, '')
    const { text } = await wholeAnswer(bounds, signal =>
      fetch(`${base}/v1/models`, { ...(headers && { headers }), redirect: 'manual', signal }),
    )
    const said = new Secrets(headers ?? {}, [url]).cut(text)
    const { data } = ModelList.parse(parseOrUndefined(said))
    return data.map(({ id }) => id).slice(0, 10)
  } catch {
    return []
  }
}
