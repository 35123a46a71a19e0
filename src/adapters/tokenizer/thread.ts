import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { type MaskInput } from '../../domain/mask/input.js'
import { compiledUrl } from '../compiled-url.js'
import { type Answer, Reply, type ThreadOptions } from './messages.js'

/** A conversation on its way, and whom to tell. */
export interface Job {
  readonly input: MaskInput
  resolve(answer: Answer): void
  reject(error: SteerflowError): void
}

/** A worker thread with a tokenizer. It keeps the process alive only while there are answers to come. */
export class TokenizerThread {
  /** Resolved when the model is loaded. */
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #waiting: (readonly Job[])[] = []
  readonly #freed: () => void
  #failure: SteerflowError | null = null

  /** `freed` is called whenever a batch has been answered. */
  constructor(options: ThreadOptions, freed: () => void) {
    this.#freed = freed
    // Flags that concern the process's own entry (--input-type, a loader) are not for the thread's.
    this.#worker = new Worker(compiledUrl(import.meta.url, './worker.js'), { workerData: options, execArgv: [] })
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: unknown) => {
        const reply = Reply.parse(message)
        if ('ready' in reply) {
          this.#worker.unref()
          resolve()
        } else if ('results' in reply) {
          this.#answer(reply.results)
        } else {
          reject(this.#fail(new SteerflowError(reply.code, reply.message)))
        }
      })
      const ended = (cause: unknown) =>
        reject(this.#fail(new SteerflowError('STEERFLOW_TOKENIZER', 'a tokenizer thread ended', { cause })))
      this.#worker.on('error', ended)
      this.#worker.on('exit', code => ended(`exit code ${code}`))
    })
    // Whoever opens the pool awaits `ready`; a later end is told to those who wait for answers.
    this.ready.catch(() => undefined)
  }

  /** Batches sent and not answered. */
  get busy(): number {
    return this.#waiting.length
  }

  send(jobs: readonly Job[]): void {
    if (this.#failure) {
      for (const job of jobs) job.reject(this.#failure)
      return
    }
    this.#waiting.push(jobs)
    this.#worker.ref()
    this.#worker.postMessage(jobs.map(job => job.input))
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #answer(results: readonly (Answer | string)[]): void {
    const jobs = this.#waiting.shift() ?? []
    if (this.#waiting.length === 0) this.#worker.unref()
    for (const [i, job] of jobs.entries()) {
      const result = results[i]
      if (typeof result === 'string') job.reject(new SteerflowError('STEERFLOW_UNMASKABLE', result))
      else if (result === undefined) job.reject(new SteerflowError('STEERFLOW_BUG', 'a conversation got no result'))
      else job.resolve(result)
    }
    this.#freed()
  }

  #fail(error: SteerflowError): SteerflowError {
    this.#failure ??= error
    for (const job of this.#waiting.splice(0).flat()) job.reject(this.#failure)
    return this.#failure
  }
}
