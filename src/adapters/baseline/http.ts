import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { wholeBody } from '../foreign-answer.js'
import type { Generate } from '../../baseline/generate.js'
import {
  generateAnswers,
  generatedAnswer,
  type GenerateRequest,
  type HttpAnswer,
  readGenerate,
  refusedValue,
} from '../../domain/generate-contract.js'

/** Maximum size of a request body: 128 prompts of 128 KiB. */
export const maxBodyBytes = 16 * 2 ** 20

/** Header with which a client requests raw scores beside the sentences. */
export const scoresHeader = 'x-steerflow-scores'

const answer = (status: number, body: object): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: `${JSON.stringify(body)}\n`,
})
const tooLarge = answer(413, { message: `The body is larger than ${maxBodyBytes} bytes.` })
const unauthorised = answer(401, { message: 'This server requires its token: Authorization: Bearer …' })

/** Probabilities are the only part of the contract that a model without a vocabulary cannot provide. */
const noProbabilities = (option: string): HttpAnswer =>
  refusedValue(`${option} is not supported: the baseline model has no probabilities of tokens`)

const fingerprint = (text: string): Buffer => createHash('sha256').update(text).digest()

/** True if the request has the token; in constant time. */
function authorised(request: IncomingMessage, token: string | null): boolean {
  if (token === null) return true
  return timingSafeEqual(fingerprint(request.headers.authorization ?? ''), fingerprint(`Bearer ${token}`))
}

function carryOut(generate: Generate, request: GenerateRequest, withScores: boolean): HttpAnswer {
  if (request.allProbs) return noProbabilities('all_probs')
  if (request.computeLogprob) return noProbabilities('compute_logprob')
  const { scores, ...generated } = generate(request)
  return generatedAnswer(withScores ? { ...generated, extra: { scores } } : generated)
}

async function respond(request: IncomingMessage, generate: Generate, token: string | null): Promise<HttpAnswer> {
  const path = (request.url ?? '').split('?', 1)[0]!
  const method = request.method ?? ''
  if (path === '/health' && method === 'GET') return answer(200, { status: 'ok' })
  if (!authorised(request, token)) return unauthorised
  const body = await wholeBody(request, maxBodyBytes).then(String, () => null)
  if (body === null) return tooLarge
  const checked = readGenerate({ method, path, contentType: request.headers['content-type'], body })
  return checked.ok ? carryOut(generate, checked.request, request.headers[scoresHeader] === '1') : checked.answer
}

function send(response: ServerResponse, { status, contentType, body }: HttpAnswer): void {
  // An unread rest of the body leaves the connection in an unknown state.
  const close = status === 413 || status === 401
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...(close && { connection: 'close' }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  })
  response.end(body)
}

/**
 * An HTTP server with NeMo's `PUT /generate` (docs/reference/inference-servers.md#nemo-generate) and `GET /health`. It
 * answers one request at a time, as the original does, and logs nothing from requests.
 */
export function generateServer(generate: Generate, token: string | null): Server {
  const server = createServer((request, response) => {
    respond(request, generate, token)
      .catch(() => generateAnswers.internalError)
      .then(
        found => send(response, found),
        () => response.destroy(),
      )
  })
  // Clients keep connections open for long; an idle one costs nothing.
  server.keepAliveTimeout = 75_000
  return server
}
