import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  generateAnswers,
  generatedAnswer,
  readGenerate,
  type HttpAnswer,
} from '../../../src/domain/generate-contract.js'
import { type Fault, faultOf, FaultRule } from './faults.js'
import { openAiAnswer, openAiRewardAnswer } from './openai.js'
import { tritonAnswer } from './triton.js'
import { promptsIn, Service, type ServiceCounters, ServiceMode } from './service.js'
import { policyModel } from './policy-model.js'
import { generate, goldenModel, type ValueModel } from './value-model.js'

export const ServerOptions = z.object({
  /** What it speaks. */
  contract: z.enum(['nemo', 'openai', 'openai-reward', 'triton']).default('nemo'),
  /** Names of a reward model's outputs. */
  outputs: z.array(z.string()).default([]),
  /** How a reward model behind chat completions spells its scores. */
  rewardForm: z.enum(['content', 'logprobs', 'single']).default('content'),
  port: z.int().default(0),
  /** The golden model that answers `x` now and then. */
  bad: z.boolean().default(false),
  /** What it serves: a value model, or a SteerLM model. */
  serves: z.enum(['value', 'policy']).default('value'),
  /** Another model: by how much its values differ from the golden model's. */
  shift: z.int().default(0),
  /** Milliseconds for every answer. */
  latencyMs: z.number().default(0),
  /** How it spends its time on each request beyond that; left out: none. */
  service: ServiceMode.optional(),
  /** Milliseconds after each start during which it answers 503, as servers do that load a model. */
  loadingMs: z.number().default(0),
  faults: z.array(FaultRule).default([]),
  /** Whether it answers with raw scores when they are asked for: the label's integers and a half. */
  scores: z.boolean().default(false),
  /** Prompts are decoded with their label tokens in blanks, as some tokenizers do. */
  respace: z.boolean().default(false),
  /** Keep the bodies of all requests. */
  record: z.boolean().default(false),
  /** Whether it has a page of metrics, as vLLM. */
  metrics: z.boolean().default(false),
})
export type ServerOptions = z.input<typeof ServerOptions>

export interface ServerCounters {
  readonly requests: number
  readonly answered: number
  readonly maxInFlight: number
  /** Milliseconds from the arrival of each answered request to its answer, all together. */
  readonly serviceMs: number
  /** The server's clock, in milliseconds. */
  readonly now: number
  /** What its service mode counts, where it has one. */
  readonly service?: ServiceCounters
}

/**
 * A server that speaks one of the contracts, with a model that can be computed by hand, and faults.
 * `GET /health` says 503 while it loads and 200 from then on, whatever goes wrong with its answers.
 */
export interface ContractServer {
  readonly url: string
  readonly port: number
  readonly counters: ServerCounters
  /** Bodies of the requests, when recorded. */
  readonly bodies: readonly string[]
  /** Replaces the faults. */
  faults(rules: readonly FaultRule[]): void
  /** From now on answers wait until what is returned is called; those of requests before number `from` do not. */
  hold(from?: number): () => void
  /** Ends every connection, is away for a while, and comes back on its port. */
  restart(awayMs: number): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startContractServer(given: ServerOptions = {}): Promise<ContractServer> {
  const options = ServerOptions.parse(given)
  const modelFor = (seed: number | null): ValueModel =>
    options.serves === 'policy' ? policyModel(seed) : goldenModel(options)
  const service = options.service && new Service(options.service)
  const bodies: string[] = []
  const counters = { requests: 0, answered: 0, inFlight: 0, maxInFlight: 0, serviceMs: 0, now: 0 }
  let rules: readonly FaultRule[] = options.faults
  let held: { readonly from: number; readonly until: Promise<void> } | null = null
  let loadedAt = 0
  let port = options.port

  const answer = (request: IncomingMessage, body: string): HttpAnswer => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const method = request.method ?? ''
    if (options.contract === 'openai') return openAiAnswer(modelFor, { method, path, body })
    if (options.contract === 'triton') return tritonAnswer(options.outputs.length, { method, path, body })
    if (options.contract === 'openai-reward') {
      return openAiRewardAnswer(options.outputs, options.rewardForm, { method, path, body })
    }
    const checked = readGenerate({
      method,
      path,
      contentType: request.headers['content-type'],
      body,
    })
    if (!checked.ok) return checked.answer
    const { sentences, tokensToGenerate, endStrings, greedy, randomSeed } = checked.request
    const model = modelFor(greedy ? null : randomSeed)
    const whole = sentences.map(prompt => {
      const text = generate(model, prompt, tokensToGenerate, endStrings)
      return options.respace ? text.replaceAll(/(<extra_id_\d>)/g, ' $1') : text
    })
    const scored = options.scores && request.headers['x-steerflow-scores'] === '1'
    return generatedAnswer({
      sentences: whole,
      tokens: whole.map(text => [text]),
      tokenIds: whole.map(() => [0]),
      offsets: whole.map(() => [0]),
      logprob: null,
      ...(scored ? { extra: { scores: whole.map(halfScores) } } : {}),
    })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/counters') {
      response.end(JSON.stringify({ ...counters, now: performance.now(), service: service?.counters }))
      return
    }
    if (request.url === '/metrics') {
      // Clients look for them when they have the time to: a look is none of the requests that a test counts.
      if (!options.metrics) response.writeHead(404)
      response.end(
        options.metrics
          ? `vllm:num_requests_running ${counters.inFlight}\nvllm:num_requests_waiting 0\nvllm:kv_cache_usage_perc 0\n`
          : 'not found',
      )
      return
    }
    if (request.url === '/health') {
      response.writeHead(performance.now() < loadedAt ? 503 : 200).end()
      return
    }
    const arrived = performance.now()
    counters.requests++
    const number = counters.requests
    counters.inFlight++
    counters.maxInFlight = Math.max(counters.maxInFlight, counters.inFlight)
    try {
      const body = await text(request)
      if (options.record) bodies.push(body)
      if (options.latencyMs) await sleep(options.latencyMs)
      if (held !== null && number >= held.from) await held.until
      const served = service === undefined || (await service.serve(promptsIn(body)))
      const fault: Fault | null =
        performance.now() < loadedAt || !served ? { kind: 'status', status: 503 } : faultOf(rules, number, body)
      if (fault?.kind === 'hang') return
      if (fault?.kind === 'restart') {
        if (server) void restart(fault.ms)
        return
      }
      if (fault?.kind === 'slow') await sleep(fault.ms)
      const ready = spoil(answer(request, body), fault)
      response.writeHead(ready.status, {
        'content-type': ready.contentType,
        'content-length': Buffer.byteLength(ready.body),
        ...(fault?.kind === 'status' && fault.retryAfter !== undefined
          ? { 'retry-after': String(fault.retryAfter) }
          : {}),
      })
      if (fault?.kind === 'reset') {
        response.write(ready.body.slice(0, 20), () => response.socket?.resetAndDestroy())
        return
      }
      const rest = fault?.kind === 'drip' ? await drip(response, ready.body, fault.ms) : ready.body
      if (response.destroyed) return
      response.end(rest)
      counters.answered++
      counters.serviceMs += performance.now() - arrived
    } finally {
      counters.inFlight--
    }
  }

  let server: Server | null = null
  const start = async (): Promise<void> => {
    const starting = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      handle(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      starting.once('error', reject)
      starting.listen(port, '127.0.0.1', resolve)
    })
    port = (starting.address() as AddressInfo).port
    loadedAt = performance.now() + options.loadingMs
    server = starting
  }
  const stop = async (): Promise<void> => {
    const stopping = server
    server = null
    stopping?.closeAllConnections()
    await new Promise<void>(resolve => (stopping ? stopping.close(() => resolve()) : resolve()))
  }

  // Whether it comes back from a restart.
  let wanted = true
  const restart = async (awayMs: number): Promise<void> => {
    await stop()
    await sleep(awayMs)
    if (wanted) await start()
  }

  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    counters,
    bodies,
    faults: replaced => {
      rules = replaced
    },
    hold: (from = 0) => {
      let release = (): void => undefined
      held = { from, until: new Promise(resolve => (release = resolve)) }
      return () => release()
    },
    restart,
    stop: () => {
      wanted = false
      return stop()
    },
    start: () => {
      wanted = true
      return start()
    },
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Writes a body in twenty pieces over `ms` milliseconds; returns the last, or what is left when nobody reads any more. */
async function drip(response: ServerResponse, body: string, ms: number): Promise<string> {
  const bytes = Math.ceil(body.length / 20)
  for (let sent = 0; ; sent += bytes) {
    const piece = body.slice(sent, sent + bytes)
    if (sent + bytes >= body.length || response.destroyed) return piece
    response.write(piece)
    await sleep(ms / 20)
  }
}

/** Half a point more than each integer of a sentence's last line. */
function halfScores(sentence: string): Record<string, number> {
  const line = sentence.trimEnd().split('\n').at(-1)!
  const pairs = [...line.matchAll(/([a-z_]+):(\d)/g)].map(match => [match[1]!, Number(match[2]) + 0.5] as const)
  return Object.fromEntries(pairs)
}

/** The answer as a fault leaves it. */
function spoil(answer: HttpAnswer, fault: Fault | null): HttpAnswer {
  switch (fault?.kind) {
    case 'status':
      return { ...generateAnswers.internalError, status: fault.status }
    case 'string':
      return { ...answer, body: '"top_p must be a positive number less than or equal to 1.0"\n' }
    case 'not-json':
      return { ...answer, body: '<html>' }
    case 'count':
    case 'nonsense': {
      const parsed = z.looseObject({ sentences: z.array(z.string()) }).safeParse(JSON.parse(answer.body))
      if (!parsed.success) return answer
      const { sentences } = parsed.data
      const spoilt = fault.kind === 'count' ? sentences.slice(1) : sentences.map(() => 'I would rather not say.')
      return { ...answer, body: JSON.stringify({ ...parsed.data, sentences: spoilt }) }
    }
    case undefined:
    case 'hang':
    case 'reset':
    case 'slow':
    case 'drip':
    case 'restart':
      return answer
  }
}
