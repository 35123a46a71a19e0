import { setTimeout as sleep } from 'node:timers/promises'
import { labelled, raw } from '../../topics.js'
import { type Workspace } from '../workspace.js'

/**
 * Whether any of the conversations taken in carries human labels: known for sure once `preprocess` has read them all, or
 * as soon as the first one is there.
 */
export async function labelsOf({ log }: Workspace, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if ((await log.state(labelled.name)).some(({ end }) => end > 0n)) return true
    const committed = await log.committed('preprocess', raw.name)
    const states = await log.state(raw.name)
    if (states.every(({ partition, end }) => (committed.get(partition) ?? 0n) >= end)) return false
    await sleep(50, undefined, { signal }).catch(() => undefined)
  }
  return true
}
