import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Conversation, type Split } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import { exportCard, type ExportResult } from '../../domain/export/export-card.js'
import { type Encoder, type ExportContext, type ExportFormat } from '../../domain/export/export-format.js'
import { type SnapshotManifest, snapshotLines } from '../snapshot/read-snapshot.js'
import { makeFolder, storing, syncFolder } from '../storage/durable.js'
import { type FileFacts, LineFile } from '../storage/line-file.js'
import { writeWithSums } from '../storage/summed.js'

export interface ExportTask {
  readonly root: string
  readonly manifest: SnapshotManifest
  readonly format: ExportFormat
  readonly context: ExportContext
  /** The folder to make; it must not exist. */
  readonly output: string
  /** Told the bytes of the snapshot as they are read. */
  readonly onRead?: (bytes: number) => void
}

const splits = ['train', 'validation'] as const satisfies readonly Split[]

/**
 * Writes a snapshot in another format to a new folder: a file of rows a split, a card that says what was done, and
 * checksums. The folder gets its name when it is whole.
 * @throws STEERFLOW_USAGE when it exists or the records have no form in the format; STEERFLOW_STORAGE
 */
export async function writeExport(task: ExportTask): Promise<ExportResult> {
  const output = resolve(task.output)
  if (existsSync(output)) throw new SteerflowError('STEERFLOW_USAGE', `${output} is there already; name a new folder`)
  const folder = join(dirname(output), `.${basename(output)}.${process.pid}.partial`)
  return storing(`export to ${output}`, async () => {
    await makeFolder(dirname(output))
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
}

async function fill(folder: string, task: ExportTask): Promise<ExportResult> {
  const { format, context } = task
  const encoder = await format.open(context)
  try {
    const counts: Record<string, number> = {}
    const train = await writeRows(folder, 'train', task, encoder, counts)
    const validation = await writeRows(folder, 'validation', task, encoder, counts)
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

/** Writes the rows of a split. The records of a read are encoded beside each other, and written in their order. */
async function writeRows(
  folder: string,
  split: Split,
  { root, manifest, onRead }: ExportTask,
  { encode }: Encoder,
  counts: Record<string, number>,
): Promise<FileFacts> {
  const file = await LineFile.create(join(folder, `${split}.jsonl`))
  try {
    for await (const lines of snapshotLines(root, manifest, split, onRead)) {
      const encoded = await Promise.all(lines.map(async line => encode(Conversation.parse(JSON.parse(line)))))
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
