import { z } from 'zod'
import { wholeAnswer } from '../../adapters/foreign-answer.js'
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

/** How long one answer is waited for, in milliseconds. */
const waitMs = 10_000

/** What a server made of a plain request. */
interface Said {
  readonly url: string
  /** `refuses`: it will refuse every other request too. `unknown`: it could not be asked, or not now. */
  readonly kind: 'answers' | 'refuses' | 'unknown'
  readonly words: string
}

/** What servers are asked for. */
export interface AskedServers {
  readonly key: 'annotate' | 'sample'
  readonly set: AttributeSet
  readonly tokens: PromptTokens
}

/**
 * Whether the inference servers take a plain request: each is asked once for a few tokens. A server that cannot be reached,
 * or is busy, says nothing.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID when a source cannot be read
 */
export async function endpointsAnswer(spec: EndpointsSpec | null, asked: AskedServers): Promise<Finding> {
  if (!spec) return ok('no server is set')
  const { endpoints } = await currentEndpoints(spec)
  const said = await Promise.all(endpoints.map(endpoint => ask(endpoint, asked, spec.protocols)))
  const of = (kind: Said['kind']): readonly Said[] => said.filter(one => one.kind === kind)
  const text = (all: readonly Said[]): string => all.map(({ url, words }) => `${url} ${words}`).join('; ')
  const { key } = asked
  const todo = `Correct ${key}.endpoints (url, protocol, modelName, apiKeyEnv or apiKeyFile), or the server; steerflow doctor asks again.`
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
    const words = `${said.words}; it serves ${served.join(', ')}, and modelName is ${endpoint.modelName}`
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
  // A redirect, a key that is not taken, a path or model that is not there: no other request fares better.
  const turnedAway = kind === 'unavailable' && /\bstatus [34]\d\d\b/.test(reason)
  const wrongAnswer =
    gives === 'scores' && /^(no (rewards|score|choices)|not JSON|the model gives)|does not/.test(reason)
  return { kind: kind === 'poison' || turnedAway || wrongAnswer ? 'refuses' : 'unknown', words }
}

const hello = { from: 'User', value: 'Hello.', label: null }
const turn = { system: '', turns: [hello, { from: 'Assistant', value: 'Hello! How can I help?', label: null }] }

/** The beginning of a label line, to be continued. */
const labelled = (set: AttributeSet, tokens: PromptTokens): Generation => ({
  prompt: `${labelPrompt(turn.system, turn.turns, tokens)}${labelKeys(set)[0]}:`,
  maxTokens: 2,
  endStrings: [tokens.turn],
  line: null,
  turn,
})

/** A few tokens of an answer. */
const plain = (tokens: PromptTokens): Generation => ({
  prompt: labelPrompt(turn.system, [hello], tokens),
  maxTokens: 2,
  endStrings: [tokens.turn],
  line: null,
  sampling: greedy,
  turn: { system: '', turns: [hello] },
})

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) })
/** Bytes of the longest list that is read, expanded. */
const longestList = 1 << 20

/** The names of models that an OpenAI-compatible server lists; none where it does not. */
async function modelsOf({ url, headers }: DeclaredEndpoint): Promise<readonly string[]> {
  try {
    const base = shownUrl(url).replace(/\/v1$/, '')
    const { text } = await wholeAnswer({ ms: 3000, bytes: longestList }, signal =>
      fetch(`${base}/v1/models`, { ...(headers && { headers }), signal }),
    )
    const said = new Secrets(headers ?? {}, [url]).cut(text)
    const { data } = ModelList.parse(parseOrUndefined(said))
    return data.map(({ id }) => id).slice(0, 10)
  } catch {
    return []
  }
}
