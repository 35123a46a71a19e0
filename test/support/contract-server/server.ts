import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  generateAnswers,
  generatedAnswer,
  readGenerate,
  type HttpAnswer,
} from '../../../src/domain/generate-contract.js'
import { type Fault, faultOf, FaultRule } from './faults.js'
import { generate, goldenModel } from './value-model.js'

export const ServerOptions = z.object({
  port: z.int().default(0),
  /** The golden model that answers `x` now and then. */
  bad: z.boolean().default(false),
  /** Another model: by how much its values differ from the golden model's. */
  shift: z.int().default(0),
  /** Milliseconds for every answer. */
  latencyMs: z.number().default(0),
  /** Milliseconds after each start during which it answers 503, as servers do that load a model. */
  loadingMs: z.number().default(0),
  faults: z.array(FaultRule).default([]),
  /** Whether it answers with raw scores when they are asked for: the label's integers and a half. */
  scores: z.boolean().default(false),
  /** Prompts are decoded with their label tokens in blanks, as some tokenizers do. */
  respace: z.boolean().default(false),
  /** Keep the bodies of all requests. */
  record: z.boolean().default(false),
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
}

/** A server that speaks `PUT /generate` (steerlm-scripts §4), with a model that can be computed by hand, and faults. */
export interface ContractServer {
  readonly url: string
  readonly port: number
  readonly counters: ServerCounters
  /** Bodies of the requests, when recorded. */
  readonly bodies: readonly string[]
  /** Replaces the faults. */
  faults(rules: readonly FaultRule[]): void
  /** Ends every connection, is away for a while, and comes back on its port. */
  restart(awayMs: number): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startContractServer(given: ServerOptions = {}): Promise<ContractServer> {
  const options = ServerOptions.parse(given)
  const model = goldenModel(options)
  const bodies: string[] = []
  const counters = { requests: 0, answered: 0, inFlight: 0, maxInFlight: 0, serviceMs: 0, now: 0 }
  let rules: readonly FaultRule[] = options.faults
  let loadedAt = 0
  let port = options.port

  const answer = (request: IncomingMessage, body: string): HttpAnswer => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const checked = readGenerate({
      method: request.method ?? '',
      path,
      contentType: request.headers['content-type'],
      body,
    })
    if (!checked.ok) return checked.answer
    const { sentences, tokensToGenerate, endStrings } = checked.request
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
      response.end(JSON.stringify({ ...counters, now: performance.now() }))
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
      const fault: Fault | null =
        performance.now() < loadedAt ? { kind: 'status', status: 503 } : faultOf(rules, number, body)
      if (fault?.kind === 'hang') return
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
      response.end(ready.body)
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

  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    counters,
    bodies,
    faults: replaced => {
      rules = replaced
    },
    restart: async awayMs => {
      await stop()
      await sleep(awayMs)
      await start()
    },
    stop,
    start,
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
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
      return answer
  }
}
