import type { Command } from 'commander'
import { errorTable, type SteerflowError } from '../domain/errors.js'

/** Where a command line is printed to, as it comes. Tests pass their own. */
export interface Io {
  /** Results: what a pipe wants. What it throws, or rejects with, ends the command. */
  out(text: string | Uint8Array): void | Promise<void>
  /** Progress and messages: what a person wants. */
  err(text: string): void
  /** Resolves when whoever reads `out` has everything; rejects as `out` does. */
  drained?(): Promise<void>
  /** Whether `err` is a terminal: then progress is drawn in place, otherwise it is JSON lines. */
  readonly interactive: boolean
  /** Whether `out` is a terminal; default: it is none. */
  readonly terminal?: boolean
  /** Width of the terminal in columns. */
  readonly columns: number
}

/**
 * Exit codes. Where a signal ended a command before its work was done, it is 128 and the signal's number; a command that
 * runs until it is stopped has done what it was asked to.
 */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  rejected: 3,
  hangUp: 129,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code of a command that ended with this error. */
export const exitCodeOf = (error: SteerflowError): ExitCode =>
  error.kind === 'usage' ? exitCodes.usage : exitCodes.failed

/** What to do next after an error of a command; where only its help tells, that is named. */
export const nextOf = (error: SteerflowError, command: string): string =>
  error.next === errorTable.STEERFLOW_USAGE.next && command !== ''
    ? `Correct what the message names; \`steerflow ${command} --help\` lists what the command takes.`
    : error.next

/** What each exit code says. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done, or nothing was left to do; what was rejected on the way waits in the dead letters, and the messages say how much',
  failed: 'failed, or what was checked is not as it should be; the message has a code of docs/errors.md',
  usage: 'called wrongly: an argument, an option, a key of the configuration, or a file or name that is not there',
  rejected:
    'done, but something that was asked for is not there: lines that are not in the file that was made, a source or a node of which all was rejected, a dead letter that was named and is not replayed; the messages say which and why',
  hangUp: 'ended by SIGHUP before the work was done; the same command goes on with it',
  interrupted: 'ended by SIGINT (Ctrl-C) before the work was done; the same command goes on with it',
  brokenPipe: 'the reader of standard output has gone away, and the work was ended for it',
  terminated: 'ended by SIGTERM before the work was done; the same command goes on with it',
}

/** What messages are written with. No text of others reaches a terminal as it is. */
export interface Screen {
  /** Progress and messages. Never waits. */
  err(text: string): void
  /** The same with control sequences of our own, for what is drawn in place; the text between them is `printable`. */
  draw(text: string): void
  readonly interactive: boolean
  readonly columns: number
}

/**
 * What a command prints with, and passes its exit code to. Results wait for their reader: whatever prints them is awaited,
 * and rejects when the reader has gone, which ends the command.
 */
export interface Session extends Screen {
  /** Results as text for people; what would act on a terminal is spelled out wherever it goes. */
  out(text: string): Promise<void>
  /**
   * A result as a JSON line, or indented; the same value wherever it goes, and nothing in it acts on a terminal.
   */
  json(value: unknown, indent?: number): Promise<void>
  /** A result byte by byte, and only on a terminal as text that does not act. */
  data(bytes: string | Uint8Array): Promise<void>
  /** The exit code of the command; the last one counts. */
  exit(code: ExitCode): void
  /** The exit code that was asked for so far. */
  readonly code: ExitCode
}

/** One verb of the command line: adds itself to the program. */
export type Verb = (program: Command, session: Session) => void
