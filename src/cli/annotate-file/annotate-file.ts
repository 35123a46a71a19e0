import { existsSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { rejectedPathOf } from '../../adapters/files/rejects.js'
import { openWriter } from '../../adapters/files/writer.js'
import { storing, syncFolder } from '../../adapters/storage/durable.js'
import { outputExists, type GrowingOutput, openOutput } from './output.js'
import { readLines } from '../../adapters/files/lines.js'
import type { Line } from '../../adapters/files/splitter.js'
import { targetOf } from '../../adapters/files/target.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { scoreConversation, type AnnotatedTurns } from '../../domain/prompt.js'
import { SteerflowError } from '../../domain/errors.js'
import type { PinnedValueModel } from '../../stages/needs.js'
import { countLines } from './count-lines.js'
import { inOrder } from './in-order.js'
import { RejectedLines } from './rejected.js'
import { type EarlierOutput, undone, type Undone } from './resume.js'
import { keepWholeLines } from './whole-lines.js'

/**
 * Path of the new output of a retry of rejected lines. It grows beside the old output, which stays unchanged, and replaces
 * it at the end.
 */
export const retriedPathOf = (output: string): string => `${output.replace(/\.gz$/, '')}.retried.jsonl`

/** True if a retry of rejected lines was interrupted. Completes a replacement that a kill left half done. */
export async function retryBegun(output: string): Promise<boolean> {
  const retried = retriedPathOf(output)
  const list = rejectedPathOf(retried)
  if (!outputExists(output)) {
    // They belong to an output that was removed.
    for (const path of [list, retried]) await rm(path, { force: true })
  } else if (existsSync(list) && !existsSync(retried)) await replaceList(list, rejectedPathOf(output))
  return existsSync(retried)
}

/** Replaces the old output, and its list of rejected lines, by the new ones. */
export async function replaceByRetried(output: string, growing: string): Promise<void> {
  const retried = retriedPathOf(output)
  const list = rejectedPathOf(retried)
  // A list without its output means that only the list is left to move. So the list, even if empty, must exist before the
  // output is renamed.
  await openWriter(list, { mode: 'append' }).then(writer => writer.close())
  await storing(`rename ${retried}`, () => rename(retried, growing))
  await replaceList(list, rejectedPathOf(output))
}

async function replaceList(list: string, old: string): Promise<void> {
  await storing(`replace ${old}`, async () => {
    await syncFolder(dirname(old))
    if ((await stat(list)).size > 0) return rename(list, old)
    await rm(old, { force: true })
    await rm(list)
  })
}

export interface AnnotateFile {
  readonly input: string
  readonly output: string
  readonly model: PinnedValueModel
  readonly turns: AnnotatedTurns
  /** Stop at the first line that cannot be annotated. */
  readonly strict?: boolean | undefined
  /** Retry the rejected lines of an earlier run; its annotated lines stay unchanged. */
  readonly retryRejected?: boolean | undefined
  /** Limit on records in flight, including finished ones that wait for earlier ones. */
  readonly window: () => number
  /** Called once before the work starts, with the lines that an earlier run finished; null if there was none. */
  readonly begin: (earlier: { readonly annotated: number; readonly rejected: number } | null) => void | Promise<void>
  /** Called for each finished input line, with the number of its scored turns; null if it was rejected. */
  readonly advanced: (scored: number | null) => void
}

/** Result of a finished run, including earlier runs. */
export interface AnnotatedFile {
  /** True if at least one line is annotated. */
  readonly holdsSomething: boolean
  readonly rejected: number
  readonly rejectedPath: string
}

type LineResult = { readonly line: number } & (
  | { readonly text: string; readonly scored: number }
  | { readonly error: SteerflowError }
  /** Unchanged line of an earlier run. */
  | { readonly kept: Buffer }
)

/** Limit on input bytes in flight; a record takes a few times its bytes in memory. */
const windowBytes = 8 * 2 ** 20

/**
 * Annotates a file of conversations, in input order. Every line ends up in the output or among the rejected lines. A stopped
 * or killed run can be resumed.
 * @throws STEERFLOW_USAGE if the output is not a regular file; the line's error if `strict`; STEERFLOW_OUTAGE if the servers
 * are down for too long. Finished lines are kept.
 */
export async function annotateFile(job: AnnotateFile): Promise<AnnotatedFile> {
  await refuseDevice(job.output)
  const begun = await retryBegun(job.output)
  const resuming = outputExists(job.output)
  const rejected = await RejectedLines.open(job.output)
  // A list without its output belongs to another run. It is removed first, so that it never stands beside our output.
  if (!resuming) await rejected.keepBefore(0)
  const output = await openOutput(job.output)
  // An interrupted retry is finished first: its calls are paid for, and an output has only one list of rejected lines.
  if (!begun && !(job.retryRejected && rejected.count > 0)) {
    const count = await writeLines(job, { path: output.path, rejected, before: null, resuming })
    return ended(output, { rejected: count, rejectedPath: rejected.path })
  }
  const path = retriedPathOf(job.output)
  const again = await RejectedLines.open(path)
  if (begun) await keepWholeLines(path)
  else await openWriter(path).then(writer => writer.close())
  const before = { output: output.path, rejected: rejected.numbers() }
  const count = await writeLines(job, { path, rejected: again, before, resuming })
  await replaceByRetried(job.output, output.path)
  return ended(output, { rejected: count, rejectedPath: rejected.path })
}

async function ended(output: GrowingOutput, made: Omit<AnnotatedFile, 'holdsSomething'>): Promise<AnnotatedFile> {
  const { size } = await stat(output.path)
  await output.finish()
  return { ...made, holdsSomething: size > 0 }
}

/** Files of a run, and results known from earlier runs. */
interface Run {
  /** The output; it has only whole lines, which are not repeated. */
  readonly path: string
  readonly rejected: RejectedLines
  /** The run whose rejected lines are retried. */
  readonly before: EarlierOutput | null
  readonly resuming: boolean
}

/** Adds the missing lines; returns the total number of rejected lines. */
async function writeLines(job: AnnotateFile, { path, rejected, before, resuming }: Run): Promise<number> {
  const stop = new AbortController()
  const known = before ? await countLines(before.output) : 0
  const lines = undone(
    readLines(job.input),
    { output: path, rejected: rejected.numbers() },
    async (at, done) => {
      await rejected.keepBefore(at)
      await job.begin(resuming ? { annotated: known + done, rejected: rejected.count } : null)
    },
    before,
  )
  const writer = await openWriter(path, { mode: 'append' })
  const work = async (item: Undone): Promise<LineResult> =>
    item.kept ? { line: item.line.number, kept: item.kept } : annotateLine(job, item.line, stop.signal)
  try {
    const limit = {
      get records() {
        return job.window
      },
      bytes: windowBytes,
    }
    for await (const outcomes of inOrder(sized(lines), work, limit)) {
      for (const outcome of outcomes) {
        if ('kept' in outcome) {
          await writer.write(Buffer.concat([outcome.kept, lineEnd]))
          continue
        }
        if ('error' in outcome) {
          if (job.strict) throw stopped(outcome)
          await rejected.add(outcome.line, outcome.error)
        } else await writer.write(`${outcome.text}\n`)
        job.advanced('scored' in outcome ? outcome.scored : null)
      }
      await writer.flush()
    }
  } finally {
    stop.abort()
    await writer.close()
    await rejected.close()
  }
  return rejected.count
}

/** A line's outcome: its annotated text, or the permanent error that rejects it. */
async function annotateLine({ model, turns }: AnnotateFile, line: Line, signal: AbortSignal): Promise<LineResult> {
  try {
    if (line.kind === 'too-long') {
      throw new SteerflowError('STEERFLOW_INPUT_LINE_TOO_LONG', `${line.length} bytes`)
    }
    const open = openLine(decodeUtf8(line.bytes))
    const scored = await scoreConversation(model, open, turns, signal)
    const text = open.relabelled(scored.map(score => score?.label ?? null))
    return { line: line.number, text, scored: scored.filter(score => score !== null).length }
  } catch (error) {
    if (error instanceof SteerflowError && error.kind === 'permanent') return { line: line.number, error }
    throw error
  }
}

/** A resumed run appends to its output, so the output must be a file. */
async function refuseDevice(output: string): Promise<void> {
  if ((await targetOf(output)).kind === 'file') return
  const message = `${output} is not a regular file: a resumed run appends to its output, so it must be one`
  throw new SteerflowError('STEERFLOW_USAGE', message)
}

const stopped = ({ line, error }: { readonly line: number; readonly error: SteerflowError }): SteerflowError =>
  new SteerflowError(error.code, `line ${line}`, { cause: error })

const noBytes = Buffer.alloc(0)
const lineEnd = Buffer.from('\n')

/** Lines with their bytes; the bytes of a line that is too long were not kept. */
async function* sized(lines: AsyncIterable<Undone>): AsyncGenerator<Undone & { readonly bytes: Buffer }> {
  for await (const item of lines) yield { ...item, bytes: item.line.kind === 'line' ? item.line.bytes : noBytes }
}
