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
 * Where rejected lines are taken again: a whole new output grows beside the old one, which keeps its lines meanwhile, and
 * replaces it at the end.
 */
export const retriedPathOf = (output: string): string => `${output.replace(/\.gz$/, '')}.retried.jsonl`

/** Whether rejected lines were begun to be taken again; ends a replacement that a kill left half done. */
export async function retryBegun(output: string): Promise<boolean> {
  const retried = retriedPathOf(output)
  const list = rejectedPathOf(retried)
  if (!outputExists(output)) {
    // It belongs to an output that somebody removed.
    for (const path of [list, retried]) await rm(path, { force: true })
  } else if (existsSync(list) && !existsSync(retried)) await replaceList(list, rejectedPathOf(output))
  return existsSync(retried)
}

/** Puts the new output in the place of the old one, and its list of rejected lines in the place of the old list. */
export async function replaceByRetried(output: string, growing: string): Promise<void> {
  const retried = retriedPathOf(output)
  const list = rejectedPathOf(retried)
  // A list without its output says that only the list has to be moved yet: it is there, if empty, before the output goes.
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
  /** Take the rejected lines of an earlier run again; what it annotated stays as it is. */
  readonly retryRejected?: boolean | undefined
  /** Records under way at a time, finished ones that wait for their turn included. */
  readonly window: () => number
  /** Called once before the work begins, with the lines that an earlier run did; null when there was none. */
  readonly begin: (earlier: { readonly annotated: number; readonly rejected: number } | null) => void | Promise<void>
  /** Called for each line of the input that is done now. */
  readonly advanced: () => void
}

/** What a finished run made, earlier runs included. */
export interface AnnotatedFile {
  /** Whether a line is annotated. */
  readonly holdsSomething: boolean
  readonly rejected: number
  readonly rejectedPath: string
}

type LineResult = { readonly line: number } & (
  | { readonly text: string }
  | { readonly error: SteerflowError }
  /** An earlier run's line, as it is. */
  | { readonly kept: Buffer }
)

/** Input text under way at a time; a record holds a few times its bytes. */
const windowBytes = 8 * 2 ** 20

/**
 * Annotates a file of conversations, in the order of the input. Every line ends up in the output or among the rejected
 * ones; a run that was stopped, however hard, goes on where it was.
 * @throws STEERFLOW_USAGE when the output is no regular file; the line's error when `strict`, and STEERFLOW_OUTAGE when
 * the servers are gone for too long: what is done is kept.
 */
export async function annotateFile(job: AnnotateFile): Promise<AnnotatedFile> {
  await refuseDevice(job.output)
  const begun = await retryBegun(job.output)
  const resuming = outputExists(job.output)
  const rejected = await RejectedLines.open(job.output)
  // A list without its output is some other run's. It goes first, so that it never stands beside an output of ours.
  if (!resuming) await rejected.keepBefore(0)
  const output = await openOutput(job.output)
  // What was begun is ended first: it is paid for, and an output has one list of rejected lines.
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

/** Where a run writes, and what is known of its input's lines. */
interface Run {
  /** The output: whole lines, which are not done again. */
  readonly path: string
  readonly rejected: RejectedLines
  /** The run whose rejected lines are taken again. */
  readonly before: EarlierOutput | null
  readonly resuming: boolean
}

/** Adds the lines that are missing; returns how many are rejected in all. */
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
        job.advanced()
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

/** A line's outcome: its annotated text, or the permanent error for which it is rejected. */
async function annotateLine({ model, turns }: AnnotateFile, line: Line, signal: AbortSignal): Promise<LineResult> {
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

/** A run goes on behind what is in its output, which only a file keeps. */
async function refuseDevice(output: string): Promise<void> {
  if ((await targetOf(output)).kind === 'file') return
  const message = `${output} is no regular file: a run that was stopped goes on in its output, which must be one`
  throw new SteerflowError('STEERFLOW_USAGE', message)
}

const stopped = ({ line, error }: { readonly line: number; readonly error: SteerflowError }): SteerflowError =>
  new SteerflowError(error.code, `line ${line}`, { cause: error })

const noBytes = Buffer.alloc(0)
const lineEnd = Buffer.from('\n')

/** Lines with their bytes, of which one that is too long has kept none. */
async function* sized(lines: AsyncIterable<Undone>): AsyncGenerator<Undone & { readonly bytes: Buffer }> {
  for await (const item of lines) yield { ...item, bytes: item.line.kind === 'line' ? item.line.bytes : noBytes }
}
