import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { compiledUrl } from '../compiled-url.js'
import { type ThreadAnswer, ThreadReply, type ThreadOptions } from './messages.js'
import { readSmallBytes, TooLong } from '../storage/small-file.js'
import { beyond, checkBounds, modelBounds } from './model-file.js'

/** A guess at the kind of a file that is not a SentencePiece model, for a message; empty if unknown. */
export function looksLike(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'it is empty'
  const head = new TextDecoder().decode(bytes.subarray(0, 200))
  if (head.startsWith('version https://git-lfs')) return 'it is a Git LFS pointer: git lfs pull fetches the file'
  if (/^\s*\{/.test(head)) return 'it is JSON, like tokenizer.json: name the .model file'
  if (/^[A-Za-z0-9+/]+=* \d+\r?\n/.test(head)) return 'it is a tiktoken file: name the .model file'
  if (/^\s*</.test(head)) return 'it is a page of HTML: the download went wrong'
  return ''
}

/** A conversation in work, with its callbacks. */
export interface ThreadTask {
  readonly input: MaskInput
  resolve(answer: ThreadAnswer): void
  reject(error: SteerflowError): void
}

/** A worker thread with a tokenizer. It keeps the process alive only while results are pending. */
export class TokenizerThread {
  /** Resolved when the model is loaded. */
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #waiting: (readonly ThreadTask[])[] = []
  readonly #freed: () => void
  #failure: SteerflowError | null = null

  /** @param freed called whenever a batch has been answered */
  constructor(options: ThreadOptions, freed: () => void) {
    this.#freed = freed
    // Node flags for the main script (--input-type, a loader) must not apply to the thread.
    this.#worker = new Worker(compiledUrl(import.meta.url, './worker.js'), { workerData: options, execArgv: [] })
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: unknown) => {
        const reply = ThreadReply.parse(message)
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
    // The opener of the pool awaits `ready`; a later end rejects the pending tasks.
    this.ready.catch(() => undefined)
  }

  /** Batches without an answer yet. */
  get busy(): number {
    return this.#waiting.length
  }

  send(jobs: readonly ThreadTask[]): void {
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

  #answer(results: readonly (ThreadAnswer | string)[]): void {
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

/** Conversations in one message to a thread: enough to make messages cheap. */
const batchSize = 64
/** Messages in flight per thread: one in work, one queued. */
const ahead = 2

export interface TokenizerThreads {
  /** The model file. */
  readonly bytes: Uint8Array
  /** @throws STEERFLOW_UNMASKABLE if the conversation violates a rule of the trainer's loader. */
  ask(input: MaskInput): Promise<ThreadAnswer>
  close(): Promise<void>
}

/** The bytes of a model file, within the bounds. @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_TOKENIZER */
async function bytesOf(model: string): Promise<Buffer> {
  const { fileBytes } = modelBounds
  try {
    return await readSmallBytes(model, fileBytes)
  } catch (cause) {
    if (cause instanceof TooLong) throw beyond(`${model} is longer`, fileBytes, 'bytes')
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `the tokenizer ${model} cannot be read`, { cause })
  }
}

/**
 * Opens worker threads. Conversations from the same turn of the event loop, or while all threads are busy, go in one
 * message.
 * @throws STEERFLOW_INPUT_NOT_FOUND if the model cannot be read, STEERFLOW_TOKENIZER if it is not a model.
 */
export async function openThreads(options: ThreadOptions, threads: number): Promise<TokenizerThreads> {
  const { model } = options
  const bytes = await bytesOf(model)
  try {
    checkBounds(bytes, model)
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const seems = looksLike(bytes)
    const message = `${model} is not a SentencePiece model${seems === '' ? '' : `: ${seems}`}`
    throw new SteerflowError('STEERFLOW_TOKENIZER', message, { cause })
  }

  const queue: ThreadTask[] = []
  let scheduled = false
  const dispatch = () => {
    scheduled = false
    while (queue.length > 0) {
      const free = pool.reduce((least, thread) => (thread.busy < least.busy ? thread : least))
      if (free.busy >= ahead) return
      free.send(queue.splice(0, batchSize))
    }
  }
  const pool = Array.from({ length: Math.max(1, threads) }, () => new TokenizerThread(options, dispatch))
  const close = async () => {
    const closed = new SteerflowError('STEERFLOW_TOKENIZER', 'the tokenizer was closed')
    for (const job of queue.splice(0)) job.reject(closed)
    await Promise.all(pool.map(thread => thread.close()))
  }
  try {
    await Promise.all(pool.map(thread => thread.ready))
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    bytes,
    ask: input =>
      new Promise((resolve, reject) => {
        queue.push({ input, resolve, reject })
        if (scheduled) return
        scheduled = true
        setImmediate(dispatch)
      }),
    close,
  }
}
