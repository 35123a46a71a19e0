import type { Command } from 'commander'
import { errorTable, type SteerflowError } from '../domain/errors.js'

/** Output streams of a command line. Tests pass their own. */
export interface Io {
  /** Results, for pipes. An exception or rejection ends the command. */
  out(text: string | Uint8Array): void | Promise<void>
  /** Progress and messages, for people. */
  err(text: string): void
  /** Resolves when the reader of `out` has received everything; rejects as `out` does. */
  drained?(): Promise<void>
  /** True if `err` is a terminal: progress is then drawn in place, otherwise printed as JSON lines. */
  readonly interactive: boolean
  /** True if `out` is a terminal; default false. */
  readonly terminal?: boolean
  /** Width of the terminal in columns. */
  readonly columns: number
}

/**
 * Exit codes. A command that a signal ends before its work is done exits with 128 plus the signal's number; for a command
 * that runs until it is stopped, a stop is success.
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

/** Exit code of a command that failed with this error. */
export const exitCodeOf = (error: SteerflowError): ExitCode =>
  error.kind === 'usage' ? exitCodes.usage : exitCodes.failed

/** Next step after an error of a command; a usage error without a specific step points to the command's help. */
export const nextOf = (error: SteerflowError, command: string): string =>
  error.next === errorTable.STEERFLOW_USAGE.next && command !== ''
    ? `Correct the command line as the message says; \`steerflow ${command} --help\` lists arguments and options.`
    : error.next

/** Meaning of each exit code. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'success, or nothing to do; rejected records are in the dead letters, and the messages give their number',
  failed: 'failure, or a check found a problem; the message has a code of docs/errors.md',
  usage: 'usage error: a wrong argument, option or configuration key, or a missing file or name',
  rejected:
    'incomplete: rejected lines are missing from the output, a source or a node had all its records rejected, or a named dead letter was not replayed; the messages say which and why',
  hangUp: 'ended by SIGHUP before the work was done; the same command resumes it',
  interrupted: 'ended by SIGINT (Ctrl-C) before the work was done; the same command resumes it',
  brokenPipe: 'the reader of standard output closed it, and the command ended',
  terminated: 'ended by SIGTERM before the work was done; the same command resumes it',
}

/** Writes messages. Text from outside never reaches a terminal unescaped. */
export interface Screen {
  /** Progress and messages. Never waits. */
  err(text: string): void
  /** Like `err`, with our own control sequences, to draw in place; the text between them must be `printable`. */
  draw(text: string): void
  readonly interactive: boolean
  readonly columns: number
}

/**
 * Prints for a command and holds its exit code. Results wait for their reader: await every print of one. It rejects when the
 * reader has gone, which ends the command.
 */
export interface Session extends Screen {
  /** Results as text for people; control characters are always spelled out. */
  out(text: string): Promise<void>
  /** A result as a JSON line, or indented. The value is the same on every output, and contains no control characters. */
  json(value: unknown, indent?: number): Promise<void>
  /** A result byte for byte; on a terminal, control characters are spelled out. */
  data(bytes: string | Uint8Array): Promise<void>
  /** Sets the exit code of the command; the last call wins. */
  exit(code: ExitCode): void
  /** The exit code so far. */
  readonly code: ExitCode
}

/** One verb of the command line: adds itself to the program. */
export type Verb = (program: Command, session: Session) => void
