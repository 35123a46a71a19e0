import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ByteFile } from './byte-file.js'
import { join } from 'node:path'
import type { Split } from '../../domain/conversation.js'
import type { Feature } from '../../domain/dataset/features.js'
import type { FileFacts } from '../storage/line-file.js'
import { writeParquet } from './parquet-file.js'

/** RFC 1952's code for an unknown operating system. */
const unknownSystem = 255

/**
 * Compresses a file. The header (RFC 1952) contains neither a time nor the operating system, so the bytes depend only on the
 * content and the version of zlib.
 */
export async function writeGzip(
  from: string,
  to: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = await ByteFile.create(to)
  try {
    const append = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        // The first piece contains the whole header.
        if (file.bytes === 0) {
          piece.fill(0, 4, 8)
          piece[9] = unknownSystem
        }
        await file.append(piece)
      }
    }
    await pipeline(
      createReadStream(from, { highWaterMark: 1 << 18 }),
      createGzip({ level: 6, chunkSize: 1 << 18 }),
      append,
    )
    return await file.finish()
  } finally {
    await file.close()
  }
}

/** Formats of a snapshot's records; JSON lines always exist. */
export const forms = ['jsonl', 'gzip', 'parquet'] as const
export type Form = (typeof forms)[number]

/**
 * The folder of the Parquet files. It has its own card, because the loader uses one format for all files of a card: that of
 * the first configuration.
 */
export const parquetFolder = 'parquet'

const names: Readonly<Record<Form, (split: Split) => string>> = {
  jsonl: split => `${split}.jsonl`,
  gzip: split => `${split}.jsonl.gz`,
  parquet: split => `${parquetFolder}/${split}.parquet`,
}

/** The path of a file of records, relative to the snapshot's folder. */
export const fileName = (split: Split, form: Form): string => names[form](split)

/** A file of records with its facts. */
export interface DataFile extends FileFacts {
  readonly split: Split
  readonly form: Form
  readonly path: string
}

/** Writes the records of a split, which exist as JSON lines, in further formats. */
export async function writeForms(
  folder: string,
  split: Split,
  lines: FileFacts,
  wanted: readonly Form[],
  columns: readonly Feature[],
): Promise<readonly DataFile[]> {
  const from = join(folder, fileName(split, 'jsonl'))
  const files: DataFile[] = []
  for (const form of wanted) {
    const path = fileName(split, form)
    const to = join(folder, path)
    if (form === 'jsonl') files.push({ split, form, path, ...lines })
    // Loaders fail on a file without records. Only the empty JSON lines are kept, since trainers get these files by name.
    else if (lines.records === 0) continue
    else if (form === 'gzip') files.push({ split, form, path, records: lines.records, ...(await writeGzip(from, to)) })
    else files.push({ split, form, path, ...(await writeParquet(from, to, columns)) })
  }
  return files
}
