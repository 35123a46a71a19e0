import { exitCodes, type Session } from './command.js'

/** What came of a file. */
export interface FileEnd {
  /** What was written, in words. */
  readonly output: string
  /** Whether something of the input is in it. */
  readonly holdsSomething: boolean
  /** Lines that could not be taken, and where they are listed, where the command lists them. */
  readonly rejected?: { readonly count: number; readonly path: string }
  /** What to do where nothing is left. */
  readonly next: string
}

/** Ends a command that made one file of another: an output of which nothing can be learnt is no success. */
export function endFile(session: Session, { output, holdsSomething, rejected, next }: FileEnd): void {
  const some = rejected !== undefined && rejected.count > 0
  if (some) session.err(`${rejected.count} lines rejected, see ${rejected.path}\n`)
  if (!holdsSomething) session.err(`nothing is left: ${output} has no record\n  next: ${next}\n`)
  if (some || !holdsSomething) session.exit(exitCodes.rejected)
}
