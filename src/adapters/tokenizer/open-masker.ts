import { readFile } from 'node:fs/promises'
import { digest } from '../../domain/digest.js'
import { SteerflowError } from '../../domain/errors.js'
import { type PromptTokens } from '../../domain/prompt-tokens.js'
import { type Masker } from '../../stages/needs.js'
import { readModel } from './model-file.js'
import { type Job, TokenizerThread } from './thread.js'

export interface MaskerOptions {
  /** Path of a SentencePiece .model file. */
  readonly model: string
  readonly tokens: PromptTokens
  /** Worker threads, each with the model in its memory (some 60 MB). */
  readonly threads: number
}

/** Conversations in one message to a thread: enough that passing messages costs little. */
const batchSize = 64
/** Messages under way to a thread: one at work, one to go on with. */
const ahead = 2

/**
 * Computes loss masks in worker threads. Requests made in the same turn of the event loop, or while all threads are busy,
 * go together.
 * @throws STEERFLOW_TOKENIZER when the model cannot be loaded.
 */
export async function openMasker({
  model,
  tokens,
  threads,
}: MaskerOptions): Promise<Masker & { close(): Promise<void> }> {
  const bytes = await readFile(model).catch((cause: unknown) => {
    throw new SteerflowError('STEERFLOW_TOKENIZER', `${model} cannot be read`, { cause })
  })
  readModel(bytes)

  const queue: Job[] = []
  let scheduled = false
  const dispatch = () => {
    scheduled = false
    while (queue.length > 0) {
      const free = pool.reduce((least, thread) => (thread.busy < least.busy ? thread : least))
      if (free.busy >= ahead) return
      free.send(queue.splice(0, batchSize))
    }
  }
  const pool = Array.from({ length: Math.max(1, threads) }, () => new TokenizerThread({ model, tokens }, dispatch))
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
    digest: digest(bytes, tokens.system, tokens.turn, tokens.label),
    firstLearnt: input =>
      new Promise((resolve, reject) => {
        queue.push({ input, resolve, reject })
        if (scheduled) return
        scheduled = true
        setImmediate(dispatch)
      }),
    close,
  }
}
