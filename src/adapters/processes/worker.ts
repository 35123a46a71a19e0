import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** How this process is told from others: the same in Kafka's client id, in `status`, in files of workers and in the log. */
export interface Worker {
  /** `steerflow-<host>-<pid>`: letters, digits, dots, underscores and hyphens, so that it can be a file's name. */
  readonly worker: string
  readonly host: string
  readonly pid: number
  /**
   * Of this start alone, 8 hexadecimal digits: a container that is started again has the host and pid that it had before.
   */
  readonly run: string
}

/** The longest host name that DNS allows a part of. */
const longestHost = 63

/** A worker's name from its host and pid. */
export function workerName(host: string, pid: number): string {
  const plain = host
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, longestHost)
  return `steerflow-${plain || 'unknown'}-${pid}`
}

let own: Worker | null = null

/** This process. The host's name is asked for once: a machine that is renamed while it works stays the same worker. */
export const thisWorker = (): Worker => (own ??= newWorker())

function newWorker(): Worker {
  const host = hostname()
  return { worker: workerName(host, process.pid), host, pid: process.pid, run: randomBytes(4).toString('hex') }
}
