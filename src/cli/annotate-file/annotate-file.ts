import { readLines } from '../../adapters/files/lines.js'
import { type Line } from '../../adapters/files/splitter.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { scoreConversation, type AnnotatedTurns } from '../../domain/annotation.js'
import { SteerflowError } from '../../domain/errors.js'
import { type PinnedValueModel } from '../../stages/needs.js'
import { inOrder } from './in-order.js'
import { openOutput, outputExists } from './output.js'
import { RejectedLines } from './rejected.js'
import { undone } from './resume.js'

export interface AnnotateFile {
  readonly input: string
  readonly output: string
  readonly model: PinnedValueModel
  readonly turns: AnnotatedTurns
  /** Stop at the first line that cannot be annotated. */
  readonly strict?: boolean | undefined
  /** Records under way at a time, finished ones that wait for their turn included. */
  readonly window: () => number
  /** Called once before the work begins, with the lines that an earlier run did; null when there was none. */
  readonly begin: (earlier: { readonly annotated: number; readonly rejected: number } | null) => void
  /** Called for each line of the input that is done now. */
  readonly advanced: () => void
}

/** What a finished run made, earlier runs included. */
export interface AnnotatedFile {
  readonly rejected: number
  readonly rejectedPath: string
}

type Outcome =
  { readonly line: number; readonly text: string } | { readonly line: number; readonly error: SteerflowError }

/** Input text under way at a time; a record holds a few times its bytes. */
const windowBytes = 8 * 2 ** 20

/**
 * Annotates a file of conversations, in the order of the input. Every line ends up in the output or among the rejected
 * ones; a run that was stopped, however hard, goes on where it was.
 * @throws the line's error when `strict`, and STEERFLOW_OUTAGE when the servers are gone for too long: what is done is kept.
 */
export async function annotateFile(job: AnnotateFile): Promise<AnnotatedFile> {
  const resuming = outputExists(job.output)
  const rejected = await RejectedLines.open(job.output)
  // A list without its output is some other run's. It goes first, so that it never stands beside an output of ours.
  if (!resuming) await rejected.keepBefore(0)
  const output = await openOutput(job.output)
  const stop = new AbortController()
  const lines = undone(
    readLines(job.input),
    { output: output.path, rejected: rejected.numbers() },
    async (at, done) => {
      await rejected.keepBefore(at)
      job.begin(resuming ? { annotated: done, rejected: rejected.count } : null)
    },
  )
  const writer = await output.append()
  const work = (line: Line): Promise<Outcome> => annotateLine(job, line, stop.signal)
  try {
    const limit = {
      get records() {
        return job.window
      },
      bytes: windowBytes,
    }
    for await (const outcomes of inOrder(sized(lines), work, limit)) {
      for (const outcome of outcomes) {
        if ('error' in outcome) {
          if (job.strict) throw stopped(outcome)
          await rejected.add(outcome.line, outcome.error)
        } else await writer.write(`${outcome.text}\n`)
        job.advanced()
      }
      await writer.flush()
    }
  } finally {
    stop.abort()
    await writer.close()
    await rejected.close()
  }
  await output.finish()
  return { rejected: rejected.count, rejectedPath: rejected.path }
}

/** A line's outcome: its annotated text, or the permanent error for which it is rejected. */
async function annotateLine({ model, turns }: AnnotateFile, line: Line, signal: AbortSignal): Promise<Outcome> {
  try {
    if (line.kind === 'too-long') {
      throw new SteerflowError('STEERFLOW_INPUT_LINE_TOO_LONG', `${line.length} bytes`)
    }
    const open = openLine(decodeUtf8(line.bytes))
    const scored = await scoreConversation(model, open, turns, signal)
    return { line: line.number, text: open.relabelled(scored.map(score => score?.label ?? null)) }
  } catch (error) {
    if (error instanceof SteerflowError && error.kind === 'permanent') return { line: line.number, error }
    throw error
  }
}

const stopped = ({ line, error }: { readonly line: number; readonly error: SteerflowError }): SteerflowError =>
  new SteerflowError(error.code, `line ${line}`, { cause: error })

const noBytes = Buffer.alloc(0)

/** Lines with their bytes, of which one that is too long has kept none. */
async function* sized(lines: AsyncIterable<Line>): AsyncGenerator<Line & { readonly bytes: Buffer }> {
  for await (const line of lines) yield line.kind === 'line' ? line : { ...line, bytes: noBytes }
}
