import { Worker } from 'node:worker_threads'
import { SteerflowError } from '../../domain/errors.js'
import { compiledUrl } from '../compiled-url.js'
import { type NearProgress, NearThreadReply, type NearThreadOptions } from './near-messages.js'
import { readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Snapshot } from '../../domain/job.js'
import { bandsFor, thresholds } from '../../domain/near-duplicates/bands.js'
import type { NearIndex } from '../../domain/near-duplicates/near-index.js'
import type { TrainingIndex } from '../../stages/needs.js'
import { below, solidBelow } from '../storage/below.js'
import { exists, makeFolder, storing, syncFolder } from '../storage/durable.js'
import { openSpool } from '../storage/spool.js'
import { nearFileKey, readNearFile } from './near-file.js'

/**
 * Builds the file of a snapshot's signatures in a separate thread, so that the caller's event loop stays free.
 * @throws STEERFLOW_STORAGE if the snapshot cannot be read or was changed; the reason of `signal`.
 */
export async function makeNearFile(
  workerData: NearThreadOptions,
  signal?: AbortSignal,
  progress?: (progress: NearProgress) => void,
): Promise<void> {
  signal?.throwIfAborted()
  // Node flags for the main script (--input-type, a loader) must not apply to the thread.
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

export interface TrainingIndexOptions {
  /** The data folder. */
  readonly root: string
  /** The snapshot whose training split is indexed. */
  readonly snapshot: Pick<Snapshot, 'dataset' | 'digest'>
  /** Minimum similarity of near-duplicates, from 0.7 to 1 (default 0.8). */
  readonly threshold?: number
  readonly signal?: AbortSignal
  /** Receives the progress of reading the snapshot. */
  readonly progress?: (progress: NearProgress) => void
}

/** An open index. An `id` in it is the record's id, a colon, and the position of the turn, from 0. */
export interface OpenedTrainingIndex extends TrainingIndex {
  /** Number of answers with different texts. */
  readonly size: number
  /** Memory in bytes. */
  readonly bytes: number
}

/**
 * Indexes every learnt turn of a snapshot's training split (the speaker is not the record's `mask`). The signatures are
 * stored below the data folder, in `near-duplicates/<dataset>/<digest>-<key>.index`, for the next process; a torn or
 * outdated file is rebuilt, and files of removed snapshots are deleted.
 * @throws STEERFLOW_CONFIG_INVALID for a threshold out of range; STEERFLOW_STORAGE if the snapshot cannot be read or
 *   was changed; the reason of `signal`.
 */
export async function openTrainingIndex(options: TrainingIndexOptions): Promise<OpenedTrainingIndex> {
  const { snapshot, threshold = thresholds.usual, signal, progress } = options
  // Checks the threshold before the work begins.
  bandsFor(threshold)
  const root = resolve(options.root)
  const key = nearFileKey(snapshot.digest)
  const folder = await solidBelow(root, 'near-duplicates', snapshot.dataset)
  const name = `${snapshot.digest}-${key.slice(0, 16)}.index`
  const path = below(folder, name)
  const read = (): Promise<NearIndex | null> =>
    storing(`read ${path}`, () => readNearFile({ path, key, threshold, signal })).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })

  let index = await read()
  if (index === null) {
    const spool = await openSpool(root)
    const room = await spool.folder('near-duplicates')
    try {
      const made = join(room, 'index')
      await makeNearFile(
        { root, dataset: snapshot.dataset, snapshot: snapshot.digest, path: made, key },
        signal,
        progress,
      )
      await storing(`keep ${path}`, async () => {
        await makeFolder(folder)
        await rename(made, path)
        await syncFolder(folder)
      })
    } finally {
      await rm(room, { recursive: true, force: true })
    }
    await removeOld(root, snapshot, name)
    index = await read()
  }
  if (index === null) throw new SteerflowError('STEERFLOW_STORAGE', `${path} was written but cannot be read`)
  const opened = index
  return { size: opened.size, bytes: opened.bytes, nearest: async text => opened.nearest(text) }
}

/** Removes outdated files of this snapshot, and files of removed snapshots. */
async function removeOld(
  root: string,
  { dataset, digest }: TrainingIndexOptions['snapshot'],
  kept: string,
): Promise<void> {
  const folder = await solidBelow(root, 'near-duplicates', dataset)
  await storing(`remove what is old in ${folder}`, async () => {
    for (const name of await readdir(folder)) {
      const of = name.slice(0, 64)
      const isOld = of === digest || !(await exists(below(root, 'datasets', dataset, of)))
      if (name !== kept && isOld) await rm(join(folder, name), { force: true })
    }
  })
}
