import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { llamaServer } from '../../../scripts/parts/llama.js'
import { freePorts } from '../process/ports.js'
import { startSupervised, type Supervised } from '../process/supervised.js'

const START_LIMIT_MS = 60_000

export interface LlamaOptions {
  /** Requests at a time (2); the others wait in its queue, which has no bound. */
  readonly slots?: number
  /** Tokens of all slots together (2048): each has its part of them for prompt and answer. */
  readonly context?: number
  /** A GGUF file (the small model that is installed with it). */
  readonly model?: string
}

/** A llama.cpp server with a real model, through all its starts, always on the same port. */
export interface LlamaServer {
  readonly url: string
  /** Starts the process; it answers 503 while it loads its model, for half a second where the machine is idle. */
  start(): Promise<void>
  /** Waits until it is ready. Throws an Error with the end of its log when it does not become so. */
  ready(): Promise<void>
  /** Ends it at once, with all that it does. */
  kill(): Promise<void>
  /** A figure of its own, e.g. `tokens_predicted_total` or `requests_processing`. */
  metric(name: string): Promise<number>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Why there is no llama.cpp server, or null when one can be started. */
export const whyNoLlama = async (): Promise<string | null> =>
  llamaServer() ? null : 'llama.cpp is not installed (npm run setup -- llama installs it)'

/** Starts a server and waits until it is ready. It ends with the process that started it. */
export async function startLlama(options: LlamaOptions = {}): Promise<LlamaServer> {
  const server = await newLlama(options)
  try {
    await server.start()
    await server.ready()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** A server that is not started yet. Throws an Error when it is not installed. */
export async function newLlama({ slots = 2, context = 2048, model }: LlamaOptions = {}): Promise<LlamaServer> {
  const found = llamaServer()
  if (!found) throw new Error('llama.cpp is not installed')
  const script = fileURLToPath(new URL('./serve.py', import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-llama-'))
  const log = join(folder, 'log')
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  // Isolated, and without compiled files: nothing else is loaded, and the installed folder stays as it is.
  const python = ['-I', '-B', script, found.packages, model ?? found.model]
  let process: Supervised | null = null

  const kill = async (): Promise<void> => {
    process?.signal('SIGKILL')
    await process?.ended
  }
  return {
    url,
    kill,
    start: async () => {
      const args = [...python, String(port), String(slots), String(context)]
      process = await startSupervised({ command: found.python, args, log, remove: folder })
    },
    ready: async () => {
      for (const until = Date.now() + START_LIMIT_MS; Date.now() < until && process?.running; await sleep(20)) {
        const health = await fetch(`${url}/health`).catch(() => null)
        await health?.arrayBuffer()
        if (health?.status === 200) return
      }
      throw new Error(
        `no llama.cpp server at ${url}:\n${(await readFile(log, 'utf8')).split('\n').slice(-30).join('\n')}`,
      )
    },
    metric: async name => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const line = new RegExp(`^llamacpp:${name} (\\S+)$`, 'm').exec(text)
      if (!line) throw new Error(`no metric ${name} in:\n${text}`)
      return Number(line[1])
    },
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
