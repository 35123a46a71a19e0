import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { compiledUrl } from '../compiled-url.js'
import { type NearProgress, NearThreadReply, type NearThreadOptions } from './near-messages.js'

/**
 * Makes the file of a snapshot's signatures in a thread of its own, so that the caller's event loop stays free.
 * @throws STEERFLOW_STORAGE when the snapshot cannot be read or is not what was materialised; the reason of `signal`.
 */
export async function makeNearFile(
  workerData: NearThreadOptions,
  signal?: AbortSignal,
  progress?: (progress: NearProgress) => void,
): Promise<void> {
  signal?.throwIfAborted()
  // Flags that concern the process's own entry (--input-type, a loader) are not for the thread's.
  const worker = new Worker(compiledUrl(import.meta.url, './near-worker.js'), { workerData, execArgv: [] })
  let abort = (): void => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const ended = (cause: unknown): void =>
        reject(new SteerflowError('STEERFLOW_BUG', 'the thread that indexes a snapshot ended', { cause }))
      abort = () => reject(signal?.reason as Error)
      signal?.addEventListener('abort', abort)
      worker.on('message', (message: unknown) => {
        const reply = NearThreadReply.parse(message)
        if ('done' in reply) resolve()
        else if ('code' in reply) reject(new SteerflowError(reply.code, reply.message))
        else progress?.(reply)
      })
      worker.on('error', ended)
      worker.on('exit', code => ended(`exit code ${code}`))
    })
  } finally {
    signal?.removeEventListener('abort', abort)
    await worker.terminate()
  }
}
