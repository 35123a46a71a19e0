import { join } from 'node:path'
import { type Split } from '../../domain/conversation.js'
import { type Feature } from '../../domain/dataset/features.js'
import { type FileFacts } from '../storage/line-file.js'
import { writeGzip } from './gzip-file.js'
import { writeParquet } from './parquet-file.js'

/** In which forms the records of a snapshot are there; JSON lines always are. */
export const forms = ['jsonl', 'gzip', 'parquet'] as const
export type Form = (typeof forms)[number]

/**
 * The folder of the Parquet files, with a card of its own: the loader takes one format for all of a card's files, by those
 * of the first configuration.
 */
export const parquetFolder = 'parquet'

const names: Readonly<Record<Form, (split: Split) => string>> = {
  jsonl: split => `${split}.jsonl`,
  gzip: split => `${split}.jsonl.gz`,
  parquet: split => `${parquetFolder}/${split}.parquet`,
}

/** The path of a file of records below the snapshot's folder. */
export const fileName = (split: Split, form: Form): string => names[form](split)

/** A file of records, with what it holds. */
export interface DataFile extends FileFacts {
  readonly split: Split
  readonly form: Form
  readonly path: string
}

/** Writes the records of a split, which are there as JSON lines, in other forms beside them. */
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
    // A loader fails on a file without records: there is none but the JSON lines, which trainers are given by name.
    else if (lines.records === 0) continue
    else if (form === 'gzip') files.push({ split, form, path, records: lines.records, ...(await writeGzip(from, to)) })
    else files.push({ split, form, path, ...(await writeParquet(from, to, columns)) })
  }
  return files
}
