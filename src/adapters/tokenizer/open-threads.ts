import { readFile } from 'node:fs/promises'
import { SteerflowError } from '../../domain/errors.js'
import { type MaskInput } from '../../domain/mask/input.js'
import { type Answer, type ThreadOptions } from './messages.js'
import { readModel } from './model-file.js'
import { type Job, TokenizerThread } from './thread.js'

/** Conversations in one message to a thread: enough that passing messages costs little. */
const batchSize = 64
/** Messages under way to a thread: one at work, one to go on with. */
const ahead = 2

/** Worker threads, each with a tokenizer. */
export interface TokenizerThreads {
  /** The model file. */
  readonly bytes: Uint8Array
  /** @throws STEERFLOW_UNMASKABLE when a rule of the trainer's loader is violated. */
  ask(input: MaskInput): Promise<Answer>
  close(): Promise<void>
}

/**
 * Asks worker threads. Questions in the same turn of the event loop, or while all threads are busy, go together.
 * @throws STEERFLOW_TOKENIZER when the model cannot be loaded.
 */
export async function openThreads(options: ThreadOptions, threads: number): Promise<TokenizerThreads> {
  const { model } = options
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
