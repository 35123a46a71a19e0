import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileLines, type Lines } from '../storage/shard-lines.js'
import { LineFile } from '../storage/line-file.js'

export interface SortRoom {
  /** Folder for what does not fit into memory; the caller removes it. */
  readonly folder: string
  /** Characters of lines that are held in memory at most. */
  readonly characters: number
  /** Runs that are merged at a time: each is an open file and a batch of lines in memory. */
  readonly mergedAtOnce?: number
}

const batchLines = 256

/**
 * Sorts lines by their UTF-16 code units. Beyond the room in memory, sorted runs go to files and are merged, in several
 * passes where there are many of them.
 */
export async function* sortLines(lines: Lines, { folder, characters, mergedAtOnce = 32 }: SortRoom): Lines {
  const runs: string[] = []
  let written = 0
  const addRun = async (sorted: Lines): Promise<void> => {
    runs.push(await writeRun(sorted, folder, written++))
  }
  let held: string[] = []
  let size = 0
  for await (const batch of lines) {
    for (const line of batch) {
      held.push(line)
      size += line.length
    }
    if (size < characters) continue
    await addRun(inBatches(held.sort()))
    held = []
    size = 0
  }
  // The oldest runs first, so that those of one pass are about as long as each other.
  while (runs.length > mergedAtOnce) {
    const some = runs.splice(0, mergedAtOnce)
    await addRun(merge(some.map(run => fileLines(run))))
    for (const run of some) await rm(run)
  }
  yield* merge([...runs.map(run => fileLines(run)), inBatches(held.sort())])
}

/** Writes sorted lines to a file of their own; gives its path. */
async function writeRun(lines: Lines, folder: string, index: number): Promise<string> {
  await mkdir(folder, { recursive: true })
  const run = await LineFile.create(join(folder, `${index}.run`))
  for await (const batch of lines) for (const line of batch) await run.append(line)
  await run.finish()
  return run.path
}

async function* inBatches(lines: readonly string[]): Lines {
  for (let at = 0; at < lines.length; at += batchLines) yield lines.slice(at, at + batchLines)
}

/** A sorted input and the line that it stands at. */
interface Cursor {
  line: string
  next(): Promise<boolean>
}

async function cursorOf(lines: Lines): Promise<Cursor | null> {
  const batches = lines[Symbol.asyncIterator]()
  let batch: readonly string[] = []
  let at = 0
  const cursor: Cursor = {
    line: '',
    next: async () => {
      while (at >= batch.length) {
        const read = await batches.next()
        if (read.done) return false
        batch = read.value
        at = 0
      }
      cursor.line = batch[at++]!
      return true
    },
  }
  return (await cursor.next()) ? cursor : null
}

/** Merges sorted inputs. The cursors are a binary heap with the smallest line at its root. */
async function* merge(inputs: readonly Lines[]): Lines {
  const opened = await Promise.all(inputs.map(cursorOf))
  const heap = opened.filter(cursor => cursor !== null).sort((a, b) => (a.line < b.line ? -1 : 1))
  let out: string[] = []
  while (heap.length > 0) {
    const least = heap[0]!
    out.push(least.line)
    if (!(await least.next())) {
      const last = heap.pop()!
      if (last !== least) heap[0] = last
    }
    sink(heap)
    if (out.length < batchLines && heap.length > 0) continue
    yield out
    out = []
  }
}

/** Restores the order of a heap whose root was changed. */
function sink(heap: Cursor[]): void {
  for (let at = 0; ;) {
    const left = 2 * at + 1
    const right = left + 1
    let least = at
    if (left < heap.length && heap[left]!.line < heap[least]!.line) least = left
    if (right < heap.length && heap[right]!.line < heap[least]!.line) least = right
    if (least === at) return
    ;[heap[at], heap[least]] = [heap[least]!, heap[at]!]
    at = least
  }
}
