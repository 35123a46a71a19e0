import { exitCodes, type Session } from './command.js'

/** Result of a command that makes one file of another. */
export interface FileEnd {
  /** Name of the output, for messages. */
  readonly output: string
  /** False if no record of the input is in the output. */
  readonly holdsSomething: boolean
  /** Number of rejected lines and the file that lists them, for commands that have such a file. */
  readonly rejected?: { readonly count: number; readonly path: string }
  /** Next step if the output is empty. */
  readonly next: string
}

/** Ends a command that makes one file of another: rejected lines or an empty output set exit code 3. */
export function endFile(session: Session, { output, holdsSomething, rejected, next }: FileEnd): void {
  const some = rejected !== undefined && rejected.count > 0
  if (some) session.err(`${rejected.count} lines rejected, see ${rejected.path}\n`)
  if (!holdsSomething) session.err(`nothing is left: ${output} has no record\n  next: ${next}\n`)
  if (some || !holdsSomething) session.exit(exitCodes.rejected)
}
