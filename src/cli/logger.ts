import { join } from 'node:path'
import { type Logger, pino, stdTimeFunctions } from 'pino'
import type { EndpointsReport } from '../adapters/inference/endpoints/events.js'
import type { KafkaReport } from '../adapters/log/kafka/client-log.js'
import { thisWorker } from '../adapters/processes/worker.js'
import { type ErrorCode, errorTable, SteerflowError } from '../domain/errors.js'
import type { Report } from '../runtime/events.js'
import { endpointWords, wordsOf } from './log/words.js'
import type { Screen } from './command.js'
import { rotatingFile } from './log/log-file.js'
import { redacted, redactedLine } from './log/redact.js'
import { version } from './version.js'

/** The values of `STEERFLOW_LOG_LEVEL`, most severe first. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/**
 * The operator's log: JSON lines on standard error, or in `run.log` of the data folder while a terminal shows the live
 * table. Every line has level, time (ISO 8601, UTC), host, pid, run, worker and version. `STEERFLOW_LOG_LEVEL` is fatal,
 * error, warn, info (default), debug or silent.
 * @param root the data folder; null to write only to standard error
 * @throws STEERFLOW_USAGE for an unknown level
 */
export function openLogger(screen: Pick<Screen, 'err' | 'interactive'>, root: string | null): Logger {
  const level = process.env.STEERFLOW_LOG_LEVEL ?? 'info'
  if (!(logLevels as readonly string[]).includes(level))
    throw new SteerflowError('STEERFLOW_USAGE', `STEERFLOW_LOG_LEVEL is ${level}: expected ${logLevels.join(', ')}`)
  const { host, pid, run, worker } = thisWorker()
  return pino(
    {
      level,
      base: { host, pid, run, worker, version: version() },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }), log: fieldsOf },
      hooks: { streamWrite: redactedLine },
    },
    screen.interactive && root !== null ? fileIn(root, screen) : { write: line => screen.err(line) },
  )
}

const fileIn = (root: string, screen: Pick<Screen, 'err'>) => {
  const path = join(root, 'run.log')
  return rotatingFile(path, error =>
    screen.err(`${path} cannot be written, the run continues without it: ${String(error)}\n`),
  )
}

/** Fields of every line; an event's field of the same name must not replace them. */
const ownFields = new Set(['level', 'time', 'host', 'pid', 'run', 'worker', 'version', 'msg'])

const fieldsOf = (event: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(redacted(event) as object).map(([name, value]: [string, unknown]) =>
      ownFields.has(name) ? [`event${name[0]!.toUpperCase()}${name.slice(1)}`, value] : [name, value],
    ),
  )

/** Events logged as errors: they stop something. */
const louder = new Set(['failed', 'paused'])
/** Events logged as warnings: no failure, but an operator should look at them. */
const quieter = new Set(['dead-letter', 'lost', 'waiting', 'waiting-for', 'many-dead-letters'])

/** Logs run events; data loss and stops get a higher level. */
export const reportTo =
  (logger: Logger): Report =>
  event => {
    const level = louder.has(event.event) ? 'error' : quieter.has(event.event) ? 'warn' : 'info'
    // The next step, for the operator on call.
    const next = louder.has(event.event) && 'code' in event && errorTable[event.code as ErrorCode]?.next
    logger[level](next ? { ...event, next } : event, wordsOf(event))
  }

/** Logs joining and leaving endpoints; unusable endpoints and unreadable sources are warnings. */
export const endpointsReportTo =
  (logger: Logger): EndpointsReport =>
  event =>
    logger['cause' in event ? 'warn' : 'info'](event, endpointWords(event))

/** Logs messages of the Kafka client. */
export const clientReportTo =
  (logger: Logger): KafkaReport =>
  (level, message, extra) =>
    logger[level]({ event: 'kafka', ...extra }, message)
