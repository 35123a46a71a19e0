import { existsSync, readFileSync } from 'node:fs'

/**
 * Milliseconds of processor time that some work took in this process: unlike the time by the clock it does not grow with
 * what else the machine has to do.
 */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Where Linux keeps what this thread has had of the processor, in nanoseconds. */
const ofThread = '/proc/thread-self/schedstat'
const isKept = existsSync(ofThread)

/** A clock that goes on while this thread has the processor; elsewhere than on Linux it goes on all the time. */
export const threadMs = (): number =>
  isKept ? Number(readFileSync(ofThread, 'utf8').split(' ')[0]) / 1e6 : performance.now()
