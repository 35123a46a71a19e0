import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FaultRule } from '../support/contract-server/faults.js'
import { startContractServer } from '../support/contract-server/server.js'

/** How many calls were made, and for how many records. */
export interface CallCounts {
  readonly calls: number
  readonly distinct: number
}

/** Where the workers' calls go. */
export interface Inference {
  /** `http`: one call a record to a server that only takes time; `fleet`: scored by value model servers. */
  readonly via: 'http' | 'fleet'
  readonly urls: readonly string[]
  /** Null where servers do not know for which record they were called. */
  counts(): Promise<CallCounts | null>
  /** Replaces the faults of all servers. */
  faults(rules: readonly FaultRule[]): void
  /** A share of the answers is malformed from now on. */
  garble(share: number): void
  /** From now on every call is quick: the faults are over. */
  hurry(): void
  stop(): Promise<void>
}

/** The mean of a call's time, in milliseconds: log-uniform from 20 ms to 2 s. */
export const meanCallMs = 430

/** The server that only takes time, in a process of its own. */
export async function httpInference(): Promise<Inference> {
  const child = fork(fileURLToPath(new URL('stub.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }]
  return {
    via: 'http',
    urls: [url],
    counts: async () => {
      child.send('counts')
      const [counts] = (await once(child, 'message')) as [CallCounts]
      return counts
    },
    hurry: () => void child.send('hurry'),
    garble: garbled => void child.send({ garbled }),
    faults: () => {
      throw new Error('this server has no faults')
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** Several value model servers. */
export async function fleetInference(servers = 3): Promise<Inference> {
  const started = await Promise.all(
    Array.from({ length: servers }, () => startContractServer({ latencyMs: 150, loadingMs: 0 })),
  )
  return {
    via: 'fleet',
    urls: started.map(({ url }) => url),
    counts: async () => null,
    hurry: () => undefined,
    garble: share => started.forEach(server => server.faults([{ fault: { kind: 'nonsense' }, share }])),
    faults: rules => started.forEach(server => server.faults(rules)),
    stop: async () => {
      await Promise.all(started.map(server => server.stop()))
    },
  }
}
