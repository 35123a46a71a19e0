import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Bytes of a log file before another is begun, and how many earlier ones are kept beside it. */
export const logFileBytes = 10 * 2 ** 20
export const logFilesKept = 3

/** Where lines go. */
export interface LineSink {
  write(line: string): void
}

/**
 * A log file that does not grow for ever: `run.log`, and before it `run.log.1` (the latest) to `run.log.3`. Each line is
 * appended by itself, so that several processes may write to one file. A disk that is full must not stop a run: the first
 * line that cannot be written is told, and the work goes on.
 */
export function rotatingFile(path: string, failed: (error: unknown) => void, bytes = logFileBytes): LineSink {
  let told = false
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch {
    // The first line tells.
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
