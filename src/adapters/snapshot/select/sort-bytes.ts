import { totalmem } from 'node:os'

const least = 64 << 20
const most = 256 << 20

/**
 * Bytes of records to sort in memory: a quarter of the memory available to the process or its container, since the rest of a
 * run needs memory too, from 64 to 256 MiB. The value does not affect the output.
 */
export function sortBytesWithin(memory = bound()): number {
  return Math.min(most, Math.max(least, Math.floor(memory / 4)))
}

/** Without a limit, the system reports 0 or more than the machine has. */
const bound = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)
