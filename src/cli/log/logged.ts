import { format } from 'node:util'
import type { Logger } from 'pino'
import { explain, asSteerflowError } from '../../domain/errors.js'
import { resolve } from 'node:path'
import { isShared } from '../../adapters/log/open.js'
import { sha256 } from '../../domain/digest.js'
import type { Node } from '../../stages/node.js'
import { exitCodeOf, exitCodes, nextOf, type Session } from '../command.js'
import type { Config } from '../config.js'
import { withoutSecrets } from '../config-keys.js'
import { needDataFolder } from '../data-folder.js'
import { openLogger } from '../logger.js'
import { type ConfigFlags, configOf } from '../options.js'
import { ReaderGone } from '../output/output.js'

/** Console methods that libraries may call, with their log levels. */
const consoleLevels = { error: 'warn', warn: 'warn', log: 'info', info: 'info', debug: 'debug' } as const
type ConsoleMethod = keyof typeof consoleLevels

/** Loggers of the commands running in this process; the latest one is used. */
const loggers: Logger[] = []
let restore: () => void = () => undefined

/**
 * Redirects text that Node and libraries would write to standard error into the log: process warnings, `console` calls, and
 * uncaught errors, which end the process with 1. Returns a function that ends the redirection.
 */
export function captureText(logger: Logger): () => void {
  if (loggers.length === 0) restore = install()
  loggers.push(logger)
  return () => {
    const at = loggers.indexOf(logger)
    if (at < 0) return
    loggers.splice(at, 1)
    if (loggers.length === 0) restore()
  }
}

function install(): () => void {
  const before = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', tellWarning)
  process.on('uncaughtException', tellUncaught)
  const methods = Object.keys(consoleLevels) as ConsoleMethod[]
  const original = { ...console }
  for (const method of methods) console[method] = (...said) => tellConsole(method, said)
  return () => {
    process.off('warning', tellWarning)
    process.off('uncaughtException', tellUncaught)
    for (const listener of before) process.on('warning', listener)
    Object.assign(console, original)
  }
}

const tellWarning = (warning: Error & { readonly code?: string }): void =>
  loggers.at(-1)?.warn({ event: 'process-warning', type: warning.name, code: warning.code }, warning.message)

const tellConsole = (method: ConsoleMethod, said: readonly unknown[]): void =>
  loggers.at(-1)?.[consoleLevels[method]]({ event: 'library', console: method }, format(...said))

function tellUncaught(thrown: unknown): void {
  const error = asSteerflowError(thrown)
  const stack = thrown instanceof Error ? thrown.stack : undefined
  loggers.at(-1)?.fatal({ event: 'uncaught', code: error.code, stack, next: error.next }, explain(error))
  process.exit(1)
}

/** A long-running command with a log. */
export interface Logged {
  readonly config: Config
  readonly logger: Logger
}

/** Result of a long-running command that did not fail. */
export interface WorkResult {
  /** `idle`: no work left; `stopped`: cleanly, by a signal; `done`: the command's task is finished. */
  readonly reason: 'idle' | 'stopped' | 'done'
  /** Message for a terminal; empty if the results are enough. */
  readonly words: string
  /** Counters for the last line of the log. */
  readonly counts: Readonly<Record<string, unknown>>
}

/** Facts about a command for the log. */
interface About {
  readonly command: string
  /** The nodes that it runs. */
  readonly nodes: (config: Config) => readonly Node[]
  /** True to create a missing data folder; default true. */
  readonly begins?: boolean
}

/**
 * Runs a command with a log: a line at the start (version of Node, digest of the configuration, log, nodes) and a line at
 * the end, however it ends (reason, counts, seconds). If standard error is not a terminal, only log lines are written to it,
 * including errors.
 * @throws errors of `work` at a terminal; elsewhere they are logged and become the exit code
 */
export async function logged(
  session: Session,
  flags: ConfigFlags,
  { command, nodes, begins = true }: About,
  work: (logged: Logged) => Promise<WorkResult>,
): Promise<void> {
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 100) / 10
  let logger = session.interactive ? null : openLogger(session, null)
  let release = logger ? captureText(logger) : () => undefined
  const cutOff = (code: number): void =>
    logger?.warn({ event: 'ended', reason: 'cut off', command, seconds: seconds(), exitCode: code }, 'cut off')
  process.on('exit', cutOff)
  try {
    const config = configOf(flags)
    if (!begins) needDataFolder(config)
    if (!logger) {
      logger = openLogger(session, resolve(config.dataDir))
      release = captureText(logger)
    }
    logger.info(
      { event: 'started', command, ...facts(config), nodes: nodes(config).map(({ name }) => name) },
      `${command} started`,
    )
    const { reason, words, counts } = await work({ config, logger })
    const ended = { event: 'ended', reason, command, seconds: seconds(), exitCode: session.code, ...counts }
    logger[session.code === exitCodes.rejected ? 'warn' : 'info'](ended, words || `${command} ended: ${reason}`)
    if (session.interactive && words !== '') session.err(`${words}\n`)
  } catch (thrown) {
    if (thrown instanceof ReaderGone) {
      logger?.info(
        { event: 'ended', reason: 'reader gone', command, seconds: seconds() },
        'the reader of the results has gone',
      )
      throw thrown
    }
    const error = asSteerflowError(thrown)
    const { code } = error
    const next = nextOf(error, command)
    const exitCode = exitCodeOf(error)
    logger?.fatal(
      { event: 'ended', reason: 'failed', command, seconds: seconds(), code, next, exitCode },
      explain(error),
    )
    if (session.interactive || !logger || logger.level === 'silent') throw thrown
    session.exit(exitCode)
  } finally {
    process.off('exit', cutOff)
    release()
  }
}

/** Facts that distinguish two starts. The digest excludes secrets. */
const facts = (config: Config) => ({
  nodeVersion: process.version,
  platform: `${process.platform}-${process.arch}`,
  configuration: sha256(JSON.stringify(withoutSecrets(config))).slice(0, 16),
  log: isShared(config.log) ? 'kafka' : 'embedded',
  ...(isShared(config.log) && { brokers: config.log.kafka.brokers, namespace: config.log.kafka.namespace }),
  dataDir: resolve(config.dataDir),
})
