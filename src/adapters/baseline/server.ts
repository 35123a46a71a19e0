import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { extraIdTokens, type PromptTokens } from '../../domain/prompt-tokens.js'
import { compiledUrl } from '../compiled-url.js'
import { type ServerThreadOptions, PredictionReply } from './messages.js'

export interface BaselineServerOptions {
  readonly modelPath: string
  /** Address to listen on (default: loopback). */
  readonly host?: string
  /** Port to listen on; 0 is any free one. Default: the original's 1424, or the next free one. */
  readonly port?: number
  /** Token that requests must have as `Authorization: Bearer …`; required for other addresses than loopback. */
  readonly token?: string
  /** The control strings of the prompts. */
  readonly tokens?: PromptTokens
}

/** A value model behind NeMo's `PUT /generate`. */
export interface BaselineServer {
  readonly url: string
  /** sha256 of the model file. */
  readonly model: string
  /** Keeps the process alive from now on, for a command that only serves. */
  ref(): void
  close(): Promise<void>
}

const firstPort = 1424
const portsTried = 100

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/**
 * Serves a baseline model from a separate thread, so that the caller's event loop stays free. The thread does not keep
 * the process alive.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_MODEL_INVALID, STEERFLOW_PORT_TAKEN, and STEERFLOW_USAGE if it would
 *   listen beyond this machine without a token.
 */
export async function startBaselineServer(options: BaselineServerOptions): Promise<BaselineServer> {
  const { modelPath, host = '127.0.0.1', port, token = null, tokens = extraIdTokens } = options
  if (!isLoopback(host) && !token) {
    throw new SteerflowError('STEERFLOW_USAGE', `listening on ${host} admits other machines: give the server a token`)
  }
  const ports = port === undefined ? Array.from({ length: portsTried }, (_, i) => firstPort + i) : [port]
  const workerData: ServerThreadOptions = { modelPath, host, ports, token, tokens }
  // Node flags for the main script (--input-type, a loader) must not apply to the thread.
  const worker = new Worker(compiledUrl(import.meta.url, './worker.js'), { workerData, execArgv: [] })
  const [message] = (await once(worker, 'message')) as [unknown]
  const reply = PredictionReply.parse(message)
  if ('code' in reply) {
    await worker.terminate()
    throw new SteerflowError(reply.code, reply.message)
  }
  worker.unref()
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${reply.port}`,
    model: reply.digest,
    ref: () => worker.ref(),
    close: async () => void (await worker.terminate()),
  }
}
