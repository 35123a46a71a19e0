import { rm } from 'node:fs/promises'
import { type SteerflowError, explain } from '../../domain/errors.js'
import { type FileWriter, openWriter } from './writer.js'

/** Where the records of an output are reported that could not be taken. */
export const rejectedPathOf = (output: string): string => `${output.replace(/\.gz$/, '')}.rejected.jsonl`

/** Where a file command reports the records that it could not take: `<output>.rejected.jsonl`, one object a line. */
export interface Rejects {
  readonly path: string
  readonly count: number
  /** Reports a record by its line in the input, with the error's code and reason. */
  add(line: number, error: SteerflowError): Promise<void>
  /** Ends the file; without rejects there is none, and one of an earlier run is removed. */
  close(): Promise<void>
  /** Gives up: an earlier file stays. */
  abort(): Promise<void>
}

/** Reports rejects beside an output file; nothing is written before the first. */
export function openRejects(output: string): Rejects {
  const path = rejectedPathOf(output)
  let writer: FileWriter | null = null
  let count = 0
  return {
    path,
    get count() {
      return count
    },
    add: async (line, error) => {
      writer ??= await openWriter(path)
      count += 1
      await writer.write(`${JSON.stringify({ line, code: error.code, reason: explain(error) })}\n`)
    },
    close: async () => {
      if (writer) await writer.close()
      else await rm(path, { force: true })
    },
    abort: async () => writer?.abort(),
  }
}
