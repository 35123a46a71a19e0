import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for something to become true. Throws an Error with `otherwise` when that takes a minute. */
export async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const end = performance.now() + 60_000; !condition(); await sleep(50))
    if (performance.now() > end) throw new Error(otherwise)
}
