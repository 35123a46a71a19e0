import { type LogEntry } from 'kafkajs'
import { logLevel } from './kafkajs.js'
import { type Secrets } from './secrets.js'

export type KafkaReportLevel = 'debug' | 'info' | 'warn' | 'error'

/** Told what kafkajs has to say: how loud it is, the sentence, and what belongs to it. */
export type KafkaReport = (level: KafkaReportLevel, message: string, extra: Readonly<Record<string, unknown>>) => void

/**
 * What every healthy start or rebalance says: a new cluster has no coordinator yet, a group that grows joins anew, a
 * transaction of the previous owner is just being ended. kafkajs goes on by itself after each of them.
 */
const USUAL =
  /coordinator is (not available|loading)|not the correct coordinator|is loading|re-?join|rebalanc|resync|Limiting retries|default partitioner|concurrent transaction|another concurrent operation|no leader|leadership election|before joining the group|group member needs/i

/** Fields that repeat the entry, or hold bytes of the protocol. */
const DROPPED = new Set(['timestamp', 'logger', 'message', 'stack', 'payload', 'data'])

/**
 * Routes kafkajs's log. Its errors are warnings here: what it cannot mend by itself is thrown as well, and told by
 * whoever catches it; only the crash of a consumer is not.
 */
export function routeLog(report: KafkaReport, secrets: Secrets): (entry: LogEntry) => void {
  return ({ level, namespace, log }) => {
    const message = secrets.redact(textOf(log.message))
    const fields = Object.entries(log).filter(([name]) => !DROPPED.has(name))
    const extra = secrets.redactAll({ part: namespace, ...Object.fromEntries(fields) }) as Record<string, unknown>
    report(levelOf(level, message, extra.error), message, extra)
  }
}

function levelOf(level: LogEntry['level'], message: string, error: unknown): KafkaReportLevel {
  if (level === logLevel.DEBUG || USUAL.test(message) || (typeof error === 'string' && USUAL.test(error)))
    return 'debug'
  if (level === logLevel.ERROR) return message.startsWith('Crash') ? 'error' : 'warn'
  return level === logLevel.WARN ? 'info' : 'debug'
}

/** kafkajs's types promise a text; here and there it passes an error. */
const textOf = (message: unknown): string => (message instanceof Error ? message.message : String(message))
