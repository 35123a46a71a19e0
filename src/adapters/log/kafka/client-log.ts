import type { LogEntry } from 'kafkajs'
import type { Secrets } from '../../secrets.js'
import { protocolError } from './cluster.js'
import { logLevel } from './kafkajs.js'

export type KafkaReportLevel = 'debug' | 'info' | 'warn' | 'error'

/** Told what kafkajs has to say: how loud it is, the sentence, and what belongs to it. */
export type KafkaReport = (level: KafkaReportLevel, message: string, extra: Readonly<Record<string, unknown>>) => void

/**
 * What every healthy start or rebalance says: a new cluster has no coordinator yet, a group that grows joins anew, a
 * transaction of the previous owner is just being ended. kafkajs goes on by itself after each of them.
 */
const USUAL =
  /coordinator is (not available|loading)|not the correct coordinator|is loading|re-?join|rebalanc|resync|Limiting retries|default partitioner|concurrent transaction|another concurrent operation|no leader|leadership election|before joining the group|group member needs/i

/**
 * Errors of the protocol that belong to every day, by number: leaders, coordinators and controllers that move or load (5, 6,
 * 14, 15, 16, 41, 78, 80), what a broker has not heard of yet (3, 70, 71, 74, 75), a group that changes (22, 25, 27, 79),
 * the owner before who is shut out or whose transaction is being ended (47, 51), a topic that another has made (36). Each
 * is asked again, or thrown to whoever acts on it. Disks, replicas and time-outs are none of these.
 */
const EVERYDAY = new Set(
  [3, 5, 6, 14, 15, 16, 22, 25, 27, 36, 41, 47, 51, 70, 71, 74, 75, 78, 79, 80].map(
    code => protocolError(code).message,
  ),
)

const isUsual = (text: string): boolean => USUAL.test(text) || EVERYDAY.has(text)

/** Fields that repeat the entry, or hold bytes of the protocol. */
const DROPPED = new Set(['timestamp', 'logger', 'message', 'stack', 'payload', 'data'])

/**
 * Routes kafkajs's log. Its errors are warnings here: what it cannot mend by itself is thrown as well, and told by
 * whoever catches it; only the crash of a consumer is not.
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

/** kafkajs's types promise a text; here and there it passes an error. */
const textOf = (message: unknown): string => (message instanceof Error ? message.message : String(message))
