import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** Identity of this process: the same in Kafka's client id, in `status`, in worker files and in the log. */
export interface Worker {
  /** `steerflow-<host>-<pid>`: letters, digits, dots, underscores and hyphens, so that it is a valid file name. */
  readonly worker: string
  readonly host: string
  readonly pid: number
  /** Identifies this start, 8 hexadecimal digits: a restarted container has the same host and pid as before. */
  readonly run: string
}

/** Maximum length of a DNS label. */
const longestHost = 63

export function workerName(host: string, pid: number): string {
  const plain = host
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, longestHost)
  return `steerflow-${plain || 'unknown'}-${pid}`
}

let own: Worker | null = null

/** This process. The host name is read once: a machine that is renamed meanwhile stays the same worker. */
export const thisWorker = (): Worker => (own ??= newWorker())

function newWorker(): Worker {
  const host = hostname()
  return { worker: workerName(host, process.pid), host, pid: process.pid, run: randomBytes(4).toString('hex') }
}
