import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Size of a log file in bytes before it is rotated, and number of rotated files to keep. */
export const logFileBytes = 10 * 2 ** 20
export const logFilesKept = 3

/** A destination for lines. */
export interface LineSink {
  write(line: string): void
}

/**
 * A rotating log file: `run.log`, and older ones from `run.log.1` (the newest) to `run.log.3`. Each line is appended in one
 * call, so several processes may write to the file. A full disk must not stop a run: the first failed write is reported, and
 * work continues.
 */
export function rotatingFile(path: string, failed: (error: unknown) => void, bytes = logFileBytes): LineSink {
  let told = false
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch {
    // The first write reports the failure.
  }
  return {
    write: line => {
      try {
        if (sizeOf(path) + Buffer.byteLength(line) > bytes) rotate(path)
        appendFileSync(path, line)
        told = false
      } catch (error) {
        if (!told) failed(error)
        told = true
      }
    },
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function rotate(path: string): void {
  for (let number = logFilesKept; number > 0; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${number}`)
  }
}
