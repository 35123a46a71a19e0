import { rm } from 'node:fs/promises'
import { type SteerflowError, explain } from '../../domain/errors.js'
import { type FileWriter, openWriter } from './writer.js'

/** Path of the list of rejected records beside an output. */
export const rejectedPathOf = (output: string): string => `${output.replace(/\.gz$/, '')}.rejected.jsonl`

/** The rejected records of a file command: `<output>.rejected.jsonl`, one object per line. */
export interface Rejects {
  readonly path: string
  readonly count: number
  /** Reports a record by its line in the input, with the error's code and reason. */
  add(line: number, error: SteerflowError): Promise<void>
  /** Closes the file. Without rejects there is no file, and one of an earlier run is removed. */
  close(): Promise<void>
  /** Discards the file; an earlier one stays. */
  abort(): Promise<void>
}

/** Opens the list of rejects beside an output file; nothing is written before the first reject. */
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
