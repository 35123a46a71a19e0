import { constants } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { compiledUrl } from '../compiled-url.js'
import { kindOf, type TokenizerKind } from './file-kind.js'
import { type SpeltTokens, type ThreadAnswer, ThreadReply, type ThreadOptions } from './messages.js'
import { readSmallBytes, TooLong } from '../storage/small-file.js'
import { beyond, checkBounds, modelBounds } from './model-file.js'
import { jsonBounds } from './tokenizer-json.js'

/** A conversation in work, with its callbacks. */
export interface ThreadTask {
  readonly input: MaskInput
  resolve(answer: ThreadAnswer): void
  reject(error: SteerflowError): void
}

/** A worker thread with a tokenizer. It keeps the process alive only while results are pending. */
export class TokenizerThread {
  /** Resolved when the model is loaded. */
  readonly ready: Promise<SpeltTokens>
  readonly #worker: Worker
  readonly #waiting: (readonly ThreadTask[])[] = []
  readonly #freed: () => void
  #failure: SteerflowError | null = null

  /** @param freed called whenever a batch has been answered */
  constructor(options: ThreadOptions, freed: () => void) {
    this.#freed = freed
    // Node flags for the main script (--input-type, a loader) must not apply to the thread.
    // A thread's garbage is texts and numbers of one batch: it needs no large space for them.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 }
    const url = compiledUrl(import.meta.url, './worker.js')
    this.#worker = new Worker(url, { workerData: options, execArgv: [], resourceLimits })
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: unknown) => {
        const reply = ThreadReply.parse(message)
        if ('ready' in reply) {
          this.#worker.unref()
          resolve(reply.ready)
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
  readonly kind: TokenizerKind
  readonly spelt: SpeltTokens
  /** @throws STEERFLOW_UNMASKABLE if the conversation violates a rule of the trainer's loader. */
  ask(input: MaskInput): Promise<ThreadAnswer>
  close(): Promise<void>
}

/** The first bytes of a file, of whatever size. */
async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * The bytes of a tokenizer file, within the bounds, and its kind.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_TOKENIZER with what the file is instead
 */
async function readTokenizer(model: string): Promise<{ readonly bytes: Buffer; readonly kind: TokenizerKind }> {
  const refuse = (is: string, cause?: unknown) =>
    new SteerflowError('STEERFLOW_TOKENIZER', `${model} is not a tokenizer: ${is}`, { cause })
  try {
    const facts = await stat(model)
    if (facts.isDirectory()) throw new Error(folderWith(await readdir(model)))
    // A pipe is refused by the reader, which does not wait for it.
    const kind = facts.isFile() ? kindOf(await headOf(model)) : 'sentencepiece'
    if (typeof kind === 'object') throw refuse(kind.is)
    const { fileBytes } = kind === 'json' ? jsonBounds : modelBounds
    try {
      const bytes = await readSmallBytes(model, fileBytes)
      if (kind === 'sentencepiece') checkBounds(bytes, model)
      return { bytes, kind }
    } catch (cause) {
      if (cause instanceof TooLong) throw beyond(`${model} is longer`, fileBytes, 'bytes')
      if (!(cause instanceof RangeError)) throw cause
      const neither = `${model} is neither a SentencePiece model nor a tokenizer.json`
      throw new SteerflowError('STEERFLOW_TOKENIZER', neither, { cause })
    }
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `the tokenizer ${model} cannot be read`, { cause })
  }
}

/** What a folder is, with the tokenizer files in it. */
function folderWith(names: readonly string[]): string {
  const files = ['tokenizer.json', 'tokenizer.model'].filter(name => names.includes(name))
  if (files.length === 0) return 'it is a folder without a tokenizer.json or tokenizer.model: name the file'
  return `it is a folder: name the file in it, ${files.join(' or ')}`
}

/**
 * Opens worker threads. Conversations from the same turn of the event loop, or while all threads are busy, go in one
 * message.
 * @throws STEERFLOW_INPUT_NOT_FOUND if the file cannot be read, STEERFLOW_TOKENIZER if it is no tokenizer or does not work
 * with the prompt tokens, STEERFLOW_PACKAGE_MISSING without the library of its kind.
 */
export async function openThreads(options: Omit<ThreadOptions, 'kind'>, threads: number): Promise<TokenizerThreads> {
  const { bytes, kind } = await readTokenizer(options.model)

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
  const pool = Array.from({ length: Math.max(1, threads) }, () => new TokenizerThread({ ...options, kind }, dispatch))
  const close = async () => {
    const closed = new SteerflowError('STEERFLOW_TOKENIZER', 'the tokenizer was closed')
    for (const job of queue.splice(0)) job.reject(closed)
    await Promise.all(pool.map(thread => thread.close()))
  }
  const [spelt] = await Promise.all(pool.map(thread => thread.ready)).catch(async (thrown: unknown) => {
    await close()
    throw thrown
  })
  return {
    bytes,
    kind,
    spelt: spelt!,
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
