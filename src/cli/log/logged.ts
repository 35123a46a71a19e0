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

/** Console methods that a library may call, with the level that each has in the log. */
const consoleLevels = { error: 'warn', warn: 'warn', log: 'info', info: 'info', debug: 'debug' } as const
type ConsoleMethod = keyof typeof consoleLevels

/** The loggers of the commands at work in this process; the latest is told. */
const loggers: Logger[] = []
let restore: () => void = () => undefined

/**
 * From now on what Node and libraries would write to standard error as text is a line of the log: warnings of the
 * process, calls of `console`, and errors that nobody caught, after which the process ends with 1. Returns what ends it.
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

/** A long work that keeps a log. */
export interface Logged {
  readonly config: Config
  readonly logger: Logger
}

/** How a long work ended, other than by an error. */
export interface WorkResult {
  /** `idle`: nothing is left to do; `stopped`: by a signal, in good order; `done`: what was asked for. */
  readonly reason: 'idle' | 'stopped' | 'done'
  /** For a person at a terminal; empty where the results say it. */
  readonly words: string
  /** What was done, for the last line of the log. */
  readonly counts: Readonly<Record<string, unknown>>
}

/** What a line of the log says of a command. */
interface About {
  readonly command: string
  /** The nodes that it runs. */
  readonly nodes: (config: Config) => readonly Node[]
  /** Whether a data folder that is not there is begun; default true. */
  readonly begins?: boolean
}

/**
 * Runs a command that keeps a log: a line when it begins (version of Node, digest of the configuration, log, nodes), a
 * line when it ends, however it ends (reason, counts, seconds). Where standard error is no terminal, nothing but lines of
 * the log are written to it in between, errors included.
 * @throws at a terminal what `work` throws; elsewhere it is logged and becomes the exit code
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
      `${command} begins`,
    )
    const { reason, words, counts } = await work({ config, logger })
    const ended = { event: 'ended', reason, command, seconds: seconds(), exitCode: session.code, ...counts }
    logger[session.code === exitCodes.rejected ? 'warn' : 'info'](ended, words || `${command} ended: ${reason}`)
    if (session.interactive && words !== '') session.err(`${words}\n`)
  } catch (thrown) {
    if (thrown instanceof ReaderGone) {
      logger?.info({ event: 'ended', reason: 'reader gone', command, seconds: seconds() }, 'nobody reads the results')
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

/** What tells two starts apart. The digest is of the configuration without its secrets. */
const facts = (config: Config) => ({
  nodeVersion: process.version,
  platform: `${process.platform}-${process.arch}`,
  configuration: sha256(JSON.stringify(withoutSecrets(config))).slice(0, 16),
  log: isShared(config.log) ? 'kafka' : 'embedded',
  ...(isShared(config.log) && { brokers: config.log.kafka.brokers, namespace: config.log.kafka.namespace }),
  dataDir: resolve(config.dataDir),
})
