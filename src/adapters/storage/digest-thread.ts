import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { compiledUrl } from '../compiled-url.js'
import type { DigestReply, DigestRequest } from './digest-messages.js'

interface PendingDigest {
  readonly resolve: (reply: DigestReply) => void
  readonly reject: (error: SteerflowError) => void
}

/** The thread with its pending requests. */
class DigestThread {
  readonly #worker = new Worker(compiledUrl(import.meta.url, './digest-worker.js'), { execArgv: [] })
  readonly #waiting: PendingDigest[] = []
  #failure: SteerflowError | null = null

  constructor() {
    this.#worker.on('message', (reply: DigestReply) => {
      this.#waiting.shift()?.resolve(reply)
      if (this.#waiting.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', cause => this.#ended(cause))
    this.#worker.on('exit', code => this.#ended(`exit code ${code}`))
    // After the listeners, since a message listener would keep the process alive again.
    this.#worker.unref()
  }

  /** False once the thread has ended. */
  get isAlive(): boolean {
    return this.#failure === null
  }

  ask(request: DigestRequest): Promise<DigestReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      // Keeps the process alive while a reply is pending, but not longer.
      this.#worker.ref()
      this.#worker.postMessage(request, request.bytes ? [request.bytes.buffer] : [])
    })
  }

  #ended(cause: unknown): void {
    this.#failure ??= new SteerflowError('STEERFLOW_BUG', 'the digest thread ended', { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

let shared: DigestThread | null = null
let files = 0

/**
 * The SHA-256 of a file's bytes, computed by one thread for the whole process: on the event loop it would cost as much time
 * as writing them.
 * @throws STEERFLOW_BUG from every method once the thread has ended; files started later get a new thread
 */
export class ThreadDigest {
  readonly #file = ++files
  readonly #thread = (shared = shared?.isAlive ? shared : new DigestThread())

  /** Adds bytes. Their memory is transferred, and returned after they were read. */
  async add(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    const reply = await this.#thread.ask({ file: this.#file, bytes })
    if ('memory' in reply) return reply.memory
    throw new SteerflowError('STEERFLOW_BUG', 'the thread that takes digests answered out of turn')
  }

  /** The digest of all bytes, in hex; the thread then forgets the file. */
  async end(): Promise<string> {
    const reply = await this.#thread.ask({ file: this.#file, bytes: null })
    if ('sha256' in reply) return reply.sha256
    throw new SteerflowError('STEERFLOW_BUG', 'the thread that takes digests answered out of turn')
  }
}
