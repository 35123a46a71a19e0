import { join } from 'node:path'
import { type Logger, destination, pino } from 'pino'
import { type EndpointsReport } from '../adapters/inference/endpoints/events.js'
import { type KafkaReport } from '../adapters/log/kafka/client-log.js'
import { type Report } from '../runtime/events.js'
import { type Io } from './command.js'

/** What never reaches a log, wherever it stands in an event. */
const secrets = [
  'token',
  'authorization',
  'password',
  'secret',
  'clientSecret',
  'client_secret',
  'apiKey',
  'api_key',
  'cookie',
]

/** Paths of the secrets at the top and one and two levels down, as pino takes them. */
const redactions = secrets.flatMap(name => [name, `*.${name}`, `*.*.${name}`])

/**
 * The operator's log: JSON lines on standard error, or in `run.log` of the data folder where a terminal shows the live
 * table. `STEERFLOW_LOG_LEVEL` is fatal, error, warn, info (default), debug or silent.
 */
export function openLogger(io: Io, root: string): Logger {
  const level = process.env.STEERFLOW_LOG_LEVEL ?? 'info'
  const to = io.interactive
    ? destination({ dest: join(root, 'run.log'), sync: true, mkdir: true })
    : { write: (line: string) => io.err(line) }
  return pino({ level, redact: { paths: redactions, censor: '[redacted]' }, base: null }, to)
}

/** Events that are no failure of the run, and that somebody should look at. */
const quieter = new Set(['dead-letter', 'lost', 'waiting'])

/** Run events as log lines: what loses or stops something is louder. */
export const reportTo =
  (logger: Logger): Report =>
  event => {
    const level = event.event === 'failed' ? 'error' : quieter.has(event.event) ? 'warn' : 'info'
    logger[level](event, event.event)
  }

/** Endpoints that come and go, as log lines: what cannot be used or read is louder. */
export const endpointsReportTo =
  (logger: Logger): EndpointsReport =>
  event =>
    logger['cause' in event ? 'warn' : 'info'](event, event.event)

/** What the client of a cluster has to say, as log lines. */
export const clientReportTo =
  (logger: Logger): KafkaReport =>
  (level, message, extra) =>
    logger[level]({ event: 'kafka', ...extra }, message)
