import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { compiledUrl } from '../compiled-url.js'
import type { DigestReply, DigestRequest } from './digest-messages.js'

interface PendingDigest {
  readonly resolve: (reply: DigestReply) => void
  readonly reject: (error: SteerflowError) => void
}

/** The thread, and who waits for its answers. */
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
    // Behind the listeners: one for messages would keep the process from ending again.
    this.#worker.unref()
  }

  /** Whether it can be asked. */
  get isAlive(): boolean {
    return this.#failure === null
  }

  ask(request: DigestRequest): Promise<DigestReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      // A process does not end while somebody waits, and is not kept from ending afterwards.
      this.#worker.ref()
      this.#worker.postMessage(request, request.bytes ? [request.bytes.buffer] : [])
    })
  }

  #ended(cause: unknown): void {
    this.#failure ??= new SteerflowError('STEERFLOW_BUG', 'the thread that takes digests ended', { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

let shared: DigestThread | null = null
let files = 0

/**
 * The SHA-256 of a file's bytes, taken by one thread for the whole process: on the event loop it would cost as much as
 * writing them.
 * @throws of every method STEERFLOW_BUG when the thread has ended; files that are begun after that get another.
 */
export class ThreadDigest {
  readonly #file = ++files
  readonly #thread = (shared = shared?.isAlive ? shared : new DigestThread())

  /** Adds bytes. Their memory is given away; it comes back when they were read. */
  async add(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    const reply = await this.#thread.ask({ file: this.#file, bytes })
    if ('memory' in reply) return reply.memory
    throw new SteerflowError('STEERFLOW_BUG', 'the thread that takes digests answered out of turn')
  }

  /** The digest, in hex, of all bytes; nothing is known of the file afterwards. */
  async end(): Promise<string> {
    const reply = await this.#thread.ask({ file: this.#file, bytes: null })
    if ('sha256' in reply) return reply.sha256
    throw new SteerflowError('STEERFLOW_BUG', 'the thread that takes digests answered out of turn')
  }
}
