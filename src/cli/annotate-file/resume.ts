import { readLines } from '../../adapters/files/lines.js'
import type { Line } from '../../adapters/files/splitter.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { SteerflowError } from '../../domain/errors.js'

/** Files of an earlier run. */
export interface EarlierOutput {
  /** The output; it has only whole lines. */
  readonly output: string
  /** Numbers of the rejected input lines. */
  readonly rejected: ReadonlySet<number>
}

/** An input line that is not in the output yet. */
export interface Undone {
  readonly line: Line
  /** The result of an earlier run; null if a model must be asked. */
  readonly kept: Buffer | null
}

/** Called before the first unfinished line, with its number and the number of newly annotated lines. */
export type ResumePoint = (line: number, done: number) => Promise<void>

/**
 * The unfinished lines of the input. Line k of the output belongs to the k-th input line that was not rejected: lines are
 * matched by position, so equal texts stay distinct. `begin` is called before the first unfinished line with its number, or
 * at the end with the number after the last line.
 * @param before the run whose rejected lines are retried; its other lines are kept unchanged
 * @throws STEERFLOW_OUTPUT_FOREIGN if an output line is not the annotated form of its input line
 */
export async function* undone(
  input: AsyncIterable<readonly Line[]>,
  earlier: EarlierOutput,
  begin: ResumePoint,
  before: EarlierOutput | null = null,
): AsyncGenerator<Undone> {
  const outputs = follow(earlier)
  const kept = before && follow(before)
  let begun = false
  let done = 0
  let last = 0
  try {
    for await (const line of linesOf(input)) {
      last = line.number
      const known = await outputs.of(line)
      const had = kept ? await kept.of(line) : null
      if (known !== null) {
        if (known !== 'rejected' && !Buffer.isBuffer(had)) done++
        continue
      }
      if (!begun) await begin(line.number, done)
      begun = true
      yield { line, kept: had === 'rejected' ? null : had }
    }
    await outputs.end()
    await kept?.end()
    if (!begun) await begin(last + 1, done)
  } finally {
    await outputs.close()
    await kept?.close()
  }
}

/** Reads an output in step with the input. */
function follow({ output: path, rejected }: EarlierOutput) {
  const outputs = linesOf(readLines(path))
  let ended = false
  return {
    /** The result for the next input line; null once the output has ended. */
    async of(line: Line): Promise<Buffer | 'rejected' | null> {
      if (ended) return null
      if (rejected.has(line.number)) return 'rejected'
      const output = await outputs.next()
      if (output.done) {
        ended = true
        return null
      }
      return checkSame(line, output.value, path)
    },
    /** Checks at the end of the input that the output has ended too. */
    async end(): Promise<void> {
      if (!ended && !(await outputs.next()).done) throw foreign(path, 'it has more lines than the input')
    },
    close: () => outputs.return(undefined),
  }
}

async function* linesOf(batches: AsyncIterable<readonly Line[]>): AsyncGenerator<Line> {
  for await (const batch of batches) yield* batch
}

/**
 * Annotation changes only labels, so the speakers and texts of an input line and its output line are equal. Returns the
 * output's bytes.
 */
function checkSame(input: Line, output: Line, path: string): Buffer {
  const texts = (line: Line): string | null => {
    try {
      if (line.kind === 'too-long') return null
      const { system, turns } = openLine(decodeUtf8(line.bytes))
      return JSON.stringify([system, turns.map(({ from, value }) => [from, value])])
    } catch {
      return null
    }
  }
  const expected = texts(input)
  if (expected === null || output.kind === 'too-long' || expected !== texts(output)) {
    throw foreign(path, `its line ${output.number} is not line ${input.number} of the input`)
  }
  return output.bytes
}

const foreign = (path: string, reason: string): SteerflowError =>
  new SteerflowError('STEERFLOW_OUTPUT_FOREIGN', `${path} does not belong to this input: ${reason}`)
