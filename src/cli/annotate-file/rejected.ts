import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { readLines } from '../../adapters/files/lines.js'
import { rejectedPathOf } from '../../adapters/files/rejects.js'
import type { Line } from '../../adapters/files/splitter.js'
import { type FileWriter, openWriter } from '../../adapters/files/writer.js'
import { explain, SteerflowError } from '../../domain/errors.js'
import { keepWholeLines } from './whole-lines.js'

const Entry = z.object({ line: z.int().positive(), code: z.string(), reason: z.string() })
type Entry = z.output<typeof Entry>

function readEntry(path: string, line: Line): Entry {
  try {
    return Entry.parse(JSON.parse(line.kind === 'line' ? line.bytes.toString('utf8') : ''))
  } catch (cause) {
    const message = `line ${line.number} of ${path} is not a rejected line`
    throw new SteerflowError('STEERFLOW_OUTPUT_FOREIGN', message, { cause })
  }
}

/**
 * The rejected lines: `<output>.rejected.jsonl`. Unlike in other commands, entries are appended and written at once, since a
 * resumed run relies on them: each finished line is either in the output or here.
 */
export class RejectedLines {
  #writer: FileWriter | null = null

  private constructor(
    readonly path: string,
    private entries: Entry[],
  ) {}

  /** Opens the list of an earlier run, or an empty list. */
  static async open(output: string): Promise<RejectedLines> {
    const path = rejectedPathOf(output)
    const entries: Entry[] = []
    if (existsSync(path)) {
      await keepWholeLines(path)
      for await (const lines of readLines(path)) {
        for (const line of lines) {
          entries.push(readEntry(path, line))
        }
      }
    }
    return new RejectedLines(path, entries)
  }

  get count(): number {
    return this.entries.length
  }

  /** Numbers of the rejected lines. */
  numbers(): ReadonlySet<number> {
    return new Set(this.entries.map(entry => entry.line))
  }

  /** Removes entries from this line on, since these lines are read again. */
  async keepBefore(line: number): Promise<void> {
    const kept = this.entries.filter(entry => entry.line < line)
    if (kept.length === this.entries.length) return
    this.entries = kept
    const writer = await openWriter(this.path)
    for (const entry of kept) await writer.write(`${JSON.stringify(entry)}\n`)
    await writer.close()
  }

  async add(line: number, error: SteerflowError): Promise<void> {
    const entry = { line, code: error.code, reason: explain(error) }
    this.#writer ??= await openWriter(this.path, { mode: 'append' })
    await this.#writer.write(`${JSON.stringify(entry)}\n`)
    await this.#writer.flush()
    this.entries.push(entry)
  }

  /** Closes the file, and removes it if it is empty. */
  async close(): Promise<void> {
    await this.#writer?.close()
    this.#writer = null
    if (this.count === 0) await rm(this.path, { force: true })
  }
}
