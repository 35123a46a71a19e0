import { openRejects, type Rejects } from '../../adapters/files/rejects.js'
import { seekable } from '../../adapters/files/spool.js'
import { type FileWriter, openWriter } from '../../adapters/files/writer.js'
import { SteerflowError } from '../../domain/errors.js'
import { pythonShuffle } from '../../domain/random/python-shuffle.js'
import { indexLines, type LineIndex } from './line-index.js'
import { openPool, type WorkerPool } from './pool.js'
import type { TaskResult, Reject, Task, WorkerSettings } from './task.js'

export interface PreprocessFileOptions extends Omit<WorkerSettings, 'path'> {
  /** A file of message trees; gzip is detected, `-` is standard input. */
  readonly input: string
  /** The outputs are `<prefix>_train.jsonl` and `<prefix>_val.jsonl`. */
  readonly prefix: string
  readonly seed: bigint
  /** Fraction of the trees for the training split. */
  readonly ratio: number
  readonly gzip: boolean
  /** Stop at the first line that cannot be converted and write nothing. */
  readonly strict: boolean
  readonly workers: number
  readonly maxLineBytes: number
  /** `onIndexed` is called once with the number of lines, `onDone` after each batch with its number of lines. */
  readonly onIndexed: (lines: number) => void
  readonly onDone: (lines: number) => void
}

export interface PreprocessFileSummary {
  readonly train: number
  readonly validation: number
  readonly rejected: number
  readonly rejectedPath: string
  /** Languages, sorted by code points. */
  readonly langs: readonly string[]
}

/**
 * The original preprocessing script on files (docs/reference/original-scripts.md#preprocessing): shuffles the lines, splits
 * them, and writes a conversation for each path. A line that would crash the original is reported and keeps its place in the
 * shuffle and the split: the other lines land where they would if it were a tree without a reply.
 *
 * The file is read twice: first for the positions of its lines, then in shuffled order by worker threads. Memory grows by
 * only 20 bytes per line.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN, STEERFLOW_STORAGE, and with `strict` the error of a line
 */
export async function preprocessFile(options: PreprocessFileOptions): Promise<PreprocessFileSummary> {
  const local = await seekable(options.input, { maxLineBytes: options.maxLineBytes })
  const ending = options.gzip ? '.jsonl.gz' : '.jsonl'
  const rejects = openRejects(options.prefix)
  const files: FileWriter[] = []
  let pool: WorkerPool | null = null
  try {
    // The threads start while the lines are indexed.
    const { recipe, mask, type, bounds } = options
    pool = openPool(options.workers, { path: local.path, recipe, mask, type, bounds })
    const index = await indexLines(local.path, { maxLineBytes: options.maxLineBytes })
    options.onIndexed(index.size)
    const order = pythonShuffle(index.size, options.seed)
    const border = Math.trunc(index.size * options.ratio)
    const train = await openWriter(`${options.prefix}_train${ending}`)
    files.push(train)
    const validation = await openWriter(`${options.prefix}_val${ending}`)
    files.push(validation)
    const run = { options, pool, index, rejects, langs: new Set<string>() }
    const records = {
      train: await writePart(order.subarray(0, border), train, run),
      validation: await writePart(order.subarray(border), validation, run),
    }
    for (const file of files) await file.close()
    await rejects.close()
    const langs = [...run.langs].sort(byCodePoints)
    return { ...records, rejected: rejects.count, rejectedPath: rejects.path, langs }
  } catch (error) {
    await Promise.all([...files, rejects].map(file => file.abort()))
    throw error
  } finally {
    await pool?.close()
    await local.dispose()
  }
}

interface Run {
  readonly options: PreprocessFileOptions
  readonly pool: WorkerPool
  readonly index: LineIndex
  readonly rejects: Rejects
  readonly langs: Set<string>
}

/** Writes the conversations of these lines in order; returns their number. */
async function writePart(lines: Uint32Array, file: FileWriter, run: Run): Promise<number> {
  let records = 0
  const underWay: { readonly outcome: Promise<TaskResult>; readonly lines: number }[] = []
  const finish = async () => {
    const { outcome, lines } = underWay.shift()!
    const { bytes, records: more, rejects, langs } = await outcome
    await file.write(bytes)
    for (const reject of rejects) await report(reject, run)
    for (const lang of langs) run.langs.add(lang)
    records += more
    run.options.onDone(lines)
  }
  for (const batch of batches(lines, run.index)) {
    const outcome = run.pool.run(taskOf(batch, run.index))
    // `finish` raises the error later, in the order of the lines.
    outcome.catch(() => undefined)
    underWay.push({ outcome, lines: batch.length })
    for (const line of batch) {
      const long = run.index.long.get(line)
      if (!long) continue
      const reason = `${long.length} bytes, sha256 ${long.sha256}`
      await report({ line: line + 1, code: 'STEERFLOW_INPUT_LINE_TOO_LONG', reason }, run)
    }
    if (underWay.length > run.options.workers * 4) await finish()
  }
  while (underWay.length > 0) await finish()
  return records
}

async function report({ line, code, reason }: Reject, { options, rejects }: Run): Promise<void> {
  if (options.strict) throw new SteerflowError(code, `line ${line}: ${reason}`)
  await rejects.add(line, new SteerflowError(code, reason))
}

/** Limits of a task: large enough to be worth a message, small enough to keep several in flight. */
const taskBounds = { lines: 512, bytes: 2 ** 20 }

function* batches(lines: Uint32Array, index: LineIndex): Generator<Uint32Array> {
  let start = 0
  let bytes = 0
  for (const [at, line] of lines.entries()) {
    if (at > start && (at - start === taskBounds.lines || bytes + index.length(line) > taskBounds.bytes)) {
      yield lines.subarray(start, at)
      start = at
      bytes = 0
    }
    bytes += index.length(line)
  }
  if (start < lines.length) yield lines.subarray(start)
}

function taskOf(batch: Uint32Array, index: LineIndex): Task {
  const lines = Uint32Array.from(batch.filter(line => !index.long.has(line)))
  return {
    lines,
    offsets: Float64Array.from(lines, line => index.offset(line)),
    lengths: Float64Array.from(lines, line => index.length(line)),
  }
}

const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
