import { Waits } from '../../runtime/waits.js'
import type { TrainingIndex, TrainingIndexes } from '../../stages/needs.js'
import { openTrainingIndex } from './training-index.js'

/** Indexes of training snapshots, opened on demand and shared by all callers. */
export interface OpenedTrainingIndexes extends TrainingIndexes {
  /** Aborts the opening of indexes. */
  close(): void
}

/** Number of indexes to keep open: those of the previous and of the current round. */
const most = 2

/**
 * The indexes of the snapshots below a data folder.
 * @param waits receives a note while an index is loaded
 */
export function openTrainingIndexes(root: string, waits = new Waits()): OpenedTrainingIndexes {
  const opened = new Map<string, Promise<TrainingIndex>>()
  const stop = new AbortController()
  return {
    of: async (snapshot, similarity, signal) => {
      const key = `${snapshot.digest} ${similarity}`
      const known = opened.get(key)
      const open = (): Promise<TrainingIndex> =>
        openTrainingIndex({ root, snapshot, threshold: similarity, signal: stop.signal })
      const what = `the training index of the snapshot ${snapshot.dataset} ${snapshot.digest.slice(0, 12)}`
      const index = known ?? waits.load(what, open)
      if (!known) {
        opened.set(key, index)
        // A failure is not cached: the next call retries.
        index.catch(() => opened.delete(key))
        for (const old of [...opened.keys()].slice(0, -most)) opened.delete(old)
      }
      return orAborted(index, signal)
    },
    close: () => stop.abort(),
  }
}

/** The value of a promise, or the reason of the signal if that comes first. */
function orAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return new Promise<T>((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', aborted, { once: true })
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
