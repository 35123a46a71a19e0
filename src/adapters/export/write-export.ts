import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Conversation, type Split } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import { exportCard, type ExportResult } from '../../domain/export/export-card.js'
import type { EncodedRow, Encoder, ExportContext, ExportFormat } from '../../domain/export/export-format.js'
import { Waits } from '../../runtime/waits.js'
import { pinWhile } from '../snapshot/pins.js'
import { type SnapshotManifest, snapshotLines } from '../snapshot/read-snapshot.js'
import { unwritable } from '../files/target.js'
import { makeFolder, storing, syncFolder } from '../storage/durable.js'
import { type FileFacts, LineFile } from '../storage/line-file.js'
import { writeWithSums } from '../storage/summed.js'

export interface ExportTask {
  readonly root: string
  readonly manifest: SnapshotManifest
  readonly format: ExportFormat
  readonly context: ExportContext
  /** The folder to create; it must not exist. */
  readonly output: string
  /** Receives the number of bytes after each read of the snapshot. */
  readonly onRead?: (bytes: number) => void
  /** Receives a note while the format loads. */
  readonly waits?: Waits
}

const splits = ['train', 'validation'] as const satisfies readonly Split[]

/**
 * Writes a snapshot in another format to a new folder: one file of rows per split, a card that describes the export,
 * and checksums. The folder gets its name when it is complete.
 * @throws STEERFLOW_USAGE if it exists or the format cannot express the records; STEERFLOW_FLOW_INVALID;
 *   STEERFLOW_STORAGE
 */
export async function writeExport(task: ExportTask): Promise<ExportResult> {
  const output = resolve(task.output)
  if (existsSync(output)) throw new SteerflowError('STEERFLOW_USAGE', `${output} already exists; name a new folder`)
  const folder = join(dirname(output), `.${basename(output)}.${process.pid}.partial`)
  const { root, manifest } = task
  const unpin = await pinWhile(root, manifest.dataset, manifest.digest)
  try {
    return await storing(`export to ${output}`, async () => {
      await makeFolder(dirname(output)).catch((cause: unknown) => {
        throw unwritable(output, cause)
      })
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder)
      try {
        const result = await fill(folder, task)
        await rename(folder, output)
        await syncFolder(dirname(output))
        return result
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  } finally {
    await unpin()
  }
}

async function fill(folder: string, task: ExportTask): Promise<ExportResult> {
  const { format, context, waits = new Waits() } = task
  const encoder = await waits.load(`what the export format ${format.name} needs`, () =>
    ofPart(`the export format ${format.name} cannot be opened`, async () => format.open(context)),
  )
  try {
    const counts: Record<string, number> = {}
    const encode = encoding(format.name, encoder)
    const train = await writeRows(folder, 'train', task, encode, counts)
    const validation = await writeRows(folder, 'validation', task, encode, counts)
    const facts = { train, validation }
    const result: ExportResult = {
      rows: { train: train.records, validation: validation.records },
      counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    }
    const texts = {
      'README.md': exportCard(format.name, context, encoder, result),
      ...encoder.files?.({ train: 'train.jsonl', validation: 'validation.jsonl' }),
    }
    const files = splits.map(split => ({ path: `${split}.jsonl`, sha256: facts[split].sha256 }))
    await writeWithSums(folder, texts, files)
    return result
  } finally {
    await encoder.close?.()
  }
}

/** Encodes records with a format and checks the rows, since the format may be a custom one. */
function encoding(name: string, encoder: Encoder): (record: Conversation) => Promise<EncodedRow> {
  const what = `the export format ${name} fails on a record`
  return record =>
    ofPart(what, async () => {
      const encoded = await encoder.encode(record)
      const odd = encoded.rows.find((row: unknown) => typeof row !== 'string' || /[\r\n]/.test(row))
      if (odd === undefined) return encoded
      throw new Error(`expected rows of text, each one line, not ${JSON.stringify(odd).slice(0, 80)}`)
    })
}

/** Runs code that may be custom. @throws STEERFLOW_FLOW_INVALID for an error without a code */
async function ofPart<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', what, { cause })
  }
}

/** Writes the rows of a split. The records of each read are encoded concurrently, and written in order. */
async function writeRows(
  folder: string,
  split: Split,
  { root, manifest, onRead }: ExportTask,
  encode: (record: Conversation) => Promise<EncodedRow>,
  counts: Record<string, number>,
): Promise<FileFacts> {
  const file = await LineFile.create(join(folder, `${split}.jsonl`))
  try {
    for await (const lines of snapshotLines(root, manifest, split, onRead)) {
      const encoded = await Promise.all(lines.map(line => encode(Conversation.parse(JSON.parse(line)))))
      for (const { rows, counts: more = {} } of encoded) {
        for (const row of rows) await file.append(row)
        for (const [what, count] of Object.entries(more)) counts[what] = (counts[what] ?? 0) + count
      }
    }
    return await file.finish()
  } finally {
    await file.abandon()
  }
}
