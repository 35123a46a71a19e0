import { totalmem } from 'node:os'

const least = 64 << 20
const most = 256 << 20

/**
 * Bytes of records that are put in order in memory, from what the process may have, its container's bound included: a
 * quarter, since the rest of a run is in there too, from 64 to 256 MiB. Which it is does not show in what is written.
 */
export function sortBytesWithin(memory = bound()): number {
  return Math.min(most, Math.max(least, Math.floor(memory / 4)))
}

/** Where nothing is bound, the system says 0 or more than the machine has. */
const bound = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)
