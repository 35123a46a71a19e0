import { type Command } from 'commander'

/** Where a command prints. Tests pass their own. */
export interface Io {
  /** Results: what a pipe wants. */
  out(text: string | Uint8Array): void
  /** Progress and messages: what a person wants. */
  err(text: string): void
  /** Whether `err` is a terminal: then progress is drawn in place, otherwise it is JSON lines. */
  readonly interactive: boolean
  /** Width of the terminal in columns. */
  readonly columns: number
}

/** Exit codes: done, failed, called wrongly, done but records were rejected. */
export const exitCodes = { done: 0, failed: 1, usage: 2, rejected: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Passes the exit code of a finished action to `main`. */
export interface Session extends Io {
  exit(code: ExitCode): void
}

/** One verb of the command line: adds itself to the program. */
export type Verb = (program: Command, session: Session) => void
