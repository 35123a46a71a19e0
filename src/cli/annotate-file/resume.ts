import { readLines } from '../../adapters/files/lines.js'
import type { Line } from '../../adapters/files/splitter.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { SteerflowError } from '../../domain/errors.js'

/** What an earlier run left. */
export interface EarlierOutput {
  /** The output, whole lines only. */
  readonly output: string
  /** Numbers of the input's lines that it rejected. */
  readonly rejected: ReadonlySet<number>
}

/** A line of the input that is not in the output yet. */
export interface Undone {
  readonly line: Line
  /** What an earlier run made of it; null when it is to be asked for. */
  readonly kept: Buffer | null
}

/** Told before the first line that is not done: its number, and how many are annotated that were not before. */
export type ResumePoint = (line: number, done: number) => Promise<void>

/**
 * The lines of the input that are not done yet, since line k of the output is the k-th line of the input that was not
 * rejected: records are told apart by their place, so that equal texts stay apart. `begin` is called before the first of
 * them, with its number, or at the end with the number behind the last.
 * @param before the run whose rejected lines are taken again: its other lines are kept as they are
 * @throws STEERFLOW_OUTPUT_FOREIGN when a line of an output is not its line of the input, annotated.
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

/** Follows an output along the input. */
function follow({ output: path, rejected }: EarlierOutput) {
  const outputs = linesOf(readLines(path))
  let ended = false
  return {
    /** What became of the next line of the input; null when nothing did, nor of any line behind it. */
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
    /** The input has ended: so has the output. */
    async end(): Promise<void> {
      if (!ended && !(await outputs.next()).done) throw foreign(path, 'it has more lines than the input')
    },
    close: () => outputs.return(undefined),
  }
}

async function* linesOf(batches: AsyncIterable<readonly Line[]>): AsyncGenerator<Line> {
  for await (const batch of batches) yield* batch
}

/** Annotation changes labels only: speakers and texts of a line and its output are equal. Returns the output's bytes. */
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
