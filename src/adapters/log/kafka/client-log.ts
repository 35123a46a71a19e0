import type { LogEntry } from 'kafkajs'
import type { Secrets } from '../../secrets.js'
import { protocolError } from './cluster.js'
import { logLevel } from './kafkajs.js'

export type KafkaReportLevel = 'debug' | 'info' | 'warn' | 'error'

/** Receives the log of kafkajs: level, message and fields. */
export type KafkaReport = (level: KafkaReportLevel, message: string, extra: Readonly<Record<string, unknown>>) => void

/**
 * Messages of every healthy start or rebalance: a new cluster has no coordinator yet, a growing group rejoins, a
 * transaction of the previous owner is just ending. kafkajs continues by itself after each of them.
 */
const USUAL =
  /coordinator is (not available|loading)|not the correct coordinator|is loading|re-?join|rebalanc|resync|Limiting retries|default partitioner|concurrent transaction|another concurrent operation|no leader|leadership election|before joining the group|group member needs/i

/**
 * Routine protocol errors, by number: leaders, coordinators and controllers that move or load (5, 6, 14, 15, 16, 41,
 * 78, 80), metadata that a broker does not have yet (3, 70, 71, 74, 75), a changing group (22, 25, 27, 79), a previous
 * owner that is fenced or whose transaction is ending (47, 51), a topic that another process has created (36). Each is
 * retried, or thrown to a caller that handles it. Errors of disks, replicas and time-outs are not among them.
 */
const EVERYDAY = new Set(
  [3, 5, 6, 14, 15, 16, 22, 25, 27, 36, 41, 47, 51, 70, 71, 74, 75, 78, 79, 80].map(
    code => protocolError(code).message,
  ),
)

const isUsual = (text: string): boolean => USUAL.test(text) || EVERYDAY.has(text)

/** Fields that repeat the entry, or contain bytes of the protocol. */
const DROPPED = new Set(['timestamp', 'logger', 'message', 'stack', 'payload', 'data'])

/**
 * Routes the log of kafkajs. Its errors become warnings: errors that it cannot repair are thrown as well, and reported
 * by the code that catches them; only the crash of a consumer is not.
 */
export function routeLog(report: KafkaReport, secrets: Secrets): (entry: LogEntry) => void {
  return ({ level, namespace, log }) => {
    const message = secrets.cut(textOf(log.message))
    const fields = Object.entries(log).filter(([name]) => !DROPPED.has(name))
    const extra = secrets.cutAll<Record<string, unknown>>({ part: namespace, ...Object.fromEntries(fields) })
    report(levelOf(level, message, extra.error), message, extra)
  }
}

function levelOf(level: LogEntry['level'], message: string, error: unknown): KafkaReportLevel {
  if (level === logLevel.DEBUG || isUsual(message) || (typeof error === 'string' && isUsual(error))) return 'debug'
  if (level === logLevel.ERROR) return message.startsWith('Crash') ? 'error' : 'warn'
  return level === logLevel.WARN ? 'info' : 'debug'
}

/** The type says text; occasionally kafkajs passes an error. */
const textOf = (message: unknown): string => (message instanceof Error ? message.message : String(message))
