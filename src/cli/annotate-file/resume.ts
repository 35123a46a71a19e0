import { readLines } from '../../adapters/files/lines.js'
import { type Line } from '../../adapters/files/splitter.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { SteerflowError } from '../../domain/errors.js'

/** What an earlier run left. */
export interface Earlier {
  /** The output, whole lines only. */
  readonly output: string
  /** Numbers of the input's lines that it rejected. */
  readonly rejected: ReadonlySet<number>
}

/**
 * The lines of the input that are not done yet, since line k of the output is the k-th line of the input that was not
 * rejected: records are told apart by their place, so that equal texts stay apart. `begin` is called before the first of
 * them, with its number, or at the end with the number behind the last.
 * @throws STEERFLOW_OUTPUT_FOREIGN when a line of the output is not its line of the input, annotated.
 */
export async function* undone(
  input: AsyncIterable<readonly Line[]>,
  earlier: Earlier,
  begin: (line: number, done: number) => Promise<void>,
): AsyncGenerator<Line> {
  const outputs = linesOf(readLines(earlier.output))
  let begun = false
  let done = 0
  let last = 0
  try {
    for await (const line of linesOf(input)) {
      last = line.number
      if (!begun) {
        if (earlier.rejected.has(line.number)) continue
        const output = await outputs.next()
        if (!output.done) {
          done++
          checkSame(line, output.value, earlier.output)
          continue
        }
        begun = true
        await begin(line.number, done)
      }
      yield line
    }
    if (begun) return
    if (!(await outputs.next()).done) throw foreign(earlier.output, 'it has more lines than the input')
    await begin(last + 1, done)
  } finally {
    await outputs.return(undefined)
  }
}

async function* linesOf(batches: AsyncIterable<readonly Line[]>): AsyncGenerator<Line> {
  for await (const batch of batches) yield* batch
}

/** Annotation changes labels only: speakers and texts of a line and its output are equal. */
function checkSame(input: Line, output: Line, path: string): void {
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
  if (expected === null || expected !== texts(output)) {
    throw foreign(path, `its line ${output.number} is not line ${input.number} of the input`)
  }
}

const foreign = (path: string, reason: string): SteerflowError =>
  new SteerflowError('STEERFLOW_OUTPUT_FOREIGN', `${path} does not belong to this input: ${reason}`)
