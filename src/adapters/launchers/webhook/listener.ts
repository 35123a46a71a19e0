import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SteerflowError } from '../../../domain/errors.js'
import { parseOrUndefined } from '../../../domain/json/json.js'
import { wholeBody } from '../../foreign-answer.js'
import { solidBelow } from '../../storage/below.js'
import { exists } from '../../storage/durable.js'
import { JobReport } from './report.js'
import { secretsOf } from './post.js'
import { keepReport } from './reports.js'
import type { WebhookSettings } from './settings.js'
import { readSecret, whyUnsigned } from './signature.js'

/** The file that marks an attempt as handed to a webhook; only such attempts accept reports. */
export const requestFile = 'request.json'

/** Size limit of a report, in bytes. */
const longest = 1 << 20

/** A listener for reports. */
export interface CallbackListener {
  readonly port: number
  close(): Promise<void>
}

/** The path of an attempt's reports below the listener's address. */
export const callbackPath = (job: string, attempt: number): string => `/v1/jobs/${job}/${attempt}`

/**
 * Listens for job reports of the other system: `POST /v1/jobs/<job>/<attempt>`, signed like our own requests. A report is on
 * disk before it is answered with 200.
 * @throws STEERFLOW_CONFIG_INVALID without a secret, or if it cannot listen on the address
 */
export async function startCallbackListener(root: string, settings: WebhookSettings): Promise<CallbackListener> {
  const secret = await readSecret(settings)
  const toleranceMs = settings.toleranceSeconds * 1000

  const answer = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    const path = /^\/v1\/jobs\/([A-Za-z0-9_][A-Za-z0-9._-]*)\/(\d{1,9})$/.exec(request.url ?? '')
    if (path === null) return [404, { error: 'no such path' }]
    if (request.method !== 'POST') return [405, { error: 'POST a report' }]
    const body = await wholeBody(request, longest).then(String, () => null)
    if (body === null) return [413, { error: 'the report is too long' }]
    const why = whyUnsigned(secret, request.headers, body, { now: Date.now(), toleranceMs })
    if (why !== null) return [401, { error: why }]
    const folder = await solidBelow(root, 'jobs', path[1]!, `attempt-${path[2]}`)
    // Checked after the signature, so that strangers do not learn which jobs exist.
    const isOurs = await exists(join(folder, requestFile))
    if (!isOurs) return [404, { error: 'no such attempt' }]
    // The path is not signed but the id is, so a report of one attempt cannot be sent to another.
    if (!String(request.headers['webhook-id']).startsWith(`${path[1]}/${path[2]}/`)) {
      return [401, { error: 'webhook-id does not begin with <job>/<attempt>/' }]
    }
    // Secrets are removed, since reports are stored and shown.
    const told = secretsOf(secret, String(request.headers['webhook-signature'])).cut(body)
    const report = JobReport.safeParse(parseOrUndefined(told))
    if (!report.success) return [400, { error: report.error.issues[0]?.message ?? 'not a report' }]
    const { state } = await keepReport(folder, report.data)
    return [200, { state }]
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    answer(request)
      .catch((error: NodeJS.ErrnoException) => [503, { error: `cannot be kept: ${error.code ?? 'error'}` }] as const)
      .then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
      .catch(() => response.destroy())
  })
  server.requestTimeout = 30_000
  const { host } = settings.callback
  const port = settings.callback.port ?? 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(new SteerflowError('STEERFLOW_CONFIG_INVALID', `cannot listen on ${host}:${port}`, { cause })),
    )
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
