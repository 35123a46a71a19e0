import { execFile } from 'node:child_process'
import { BeyondBounds, type Bounds, within } from '../foreign-answer.js'

/**
 * What a program prints on its standard output. One that goes on beyond its bounds is ended by force: it may take no notice
 * of anything less.
 * @throws BeyondBounds; an error that says what the program said when it failed
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
