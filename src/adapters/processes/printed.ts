import { execFile } from 'node:child_process'
import { BeyondBounds, type Bounds, within } from '../foreign-answer.js'

/**
 * The standard output of a program. A program that exceeds the bounds is killed with SIGKILL, since it may ignore other
 * signals.
 * @throws BeyondBounds; an error with the program's error output if it fails
 */
export const printed = (command: string, args: readonly string[], { ms, bytes }: Bounds): Promise<string> =>
  within(
    ms,
    signal =>
      new Promise((resolve, reject) => {
        const options = { signal, maxBuffer: bytes, killSignal: 'SIGKILL' } as const
        execFile(command, args, options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else if (isTooLong(error)) reject(new BeyondBounds('size', `an answer of more than ${bytes} bytes`))
          else reject(new Error(stderr.trim() || error.message, { cause: error }))
        })
      }),
  )

const isTooLong = (error: NodeJS.ErrnoException | { readonly code?: unknown }): boolean =>
  error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
