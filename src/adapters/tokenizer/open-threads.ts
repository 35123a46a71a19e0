import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { compiledUrl } from '../compiled-url.js'
import { type ThreadAnswer, ThreadReply, type ThreadOptions } from './messages.js'
import { readSmallBytes, TooLong } from '../storage/small-file.js'
import { beyond, checkBounds, modelBounds } from './model-file.js'

/** What a file that is no SentencePiece model seems to be, for a message; empty when that cannot be told. */
export function looksLike(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'it is empty'
  const head = new TextDecoder().decode(bytes.subarray(0, 200))
  if (head.startsWith('version https://git-lfs')) return 'it is a Git LFS pointer: git lfs pull fetches the file'
  if (/^\s*\{/.test(head)) return 'it is JSON, as tokenizer.json is: the .model file is wanted'
  if (/^[A-Za-z0-9+/]+=* \d+\r?\n/.test(head)) return 'it is a tiktoken file: the .model file is wanted'
  if (/^\s*</.test(head)) return 'it is a page of HTML: the download went wrong'
  return ''
}

/** A conversation on its way, and whom to tell. */
export interface ThreadTask {
  readonly input: MaskInput
  resolve(answer: ThreadAnswer): void
  reject(error: SteerflowError): void
}

/** A worker thread with a tokenizer. It keeps the process alive only while there are answers to come. */
export class TokenizerThread {
  /** Resolved when the model is loaded. */
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #waiting: (readonly ThreadTask[])[] = []
  readonly #freed: () => void
  #failure: SteerflowError | null = null

  /** `freed` is called whenever a batch has been answered. */
  constructor(options: ThreadOptions, freed: () => void) {
    this.#freed = freed
    // Flags that concern the process's own entry (--input-type, a loader) are not for the thread's.
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
    // Whoever opens the pool awaits `ready`; a later end is told to those who wait for answers.
    this.ready.catch(() => undefined)
  }

  /** Batches sent and not answered. */
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

/** Conversations in one message to a thread: enough that passing messages costs little. */
const batchSize = 64
/** Messages under way to a thread: one at work, one to go on with. */
const ahead = 2

/** Worker threads, each with a tokenizer. */
export interface TokenizerThreads {
  /** The model file. */
  readonly bytes: Uint8Array
  /** @throws STEERFLOW_UNMASKABLE when a rule of the trainer's loader is violated. */
  ask(input: MaskInput): Promise<ThreadAnswer>
  close(): Promise<void>
}

/** The bytes of a model file, as far as one may have any. @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_TOKENIZER */
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
 * Asks worker threads. Questions in the same turn of the event loop, or while all threads are busy, go together.
 * @throws STEERFLOW_INPUT_NOT_FOUND when the model cannot be read, STEERFLOW_TOKENIZER when it is none.
 */
export async function openThreads(options: ThreadOptions, threads: number): Promise<TokenizerThreads> {
  const { model } = options
  const bytes = await bytesOf(model)
  try {
    checkBounds(bytes, model)
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const seems = looksLike(bytes)
    const message = `${model} is no SentencePiece model${seems === '' ? '' : `: ${seems}`}`
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
