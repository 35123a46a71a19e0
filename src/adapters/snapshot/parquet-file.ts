import type { ParquetWriter } from 'hyparquet-writer'
import type { Feature, FeatureType, ScalarType } from '../../domain/dataset/features.js'
import { Conversation } from '../../domain/conversation.js'
import { type Cell, typedRow } from '../../domain/dataset/typed-row.js'
import { fileLines } from '../storage/shard-lines.js'
import type { FileFacts } from '../storage/line-file.js'
import { ByteFile } from './byte-file.js'

export type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number]

const scalars: Readonly<Record<ScalarType, Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  int64: { type: 'INT64' },
  float64: { type: 'DOUBLE' },
}

/** The schema elements of a column, itself first, in the order of a Parquet file. Every element is nullable. */
function elementsOf(name: string, type: FeatureType): readonly SchemaElement[] {
  const itself = { name, repetition_type: 'OPTIONAL' } as const
  if ('dtype' in type) return [{ ...itself, ...scalars[type.dtype] }]
  if ('struct' in type) {
    return [{ ...itself, num_children: type.struct.length }, ...type.struct.flatMap(one => elementsOf(one.name, one))]
  }
  const item: FeatureType = typeof type.list === 'string' ? { dtype: type.list } : { struct: type.list }
  return [
    { ...itself, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...elementsOf('element', item),
  ]
}

/** The schema of a Parquet file with these columns. */
export const parquetSchema = (columns: readonly Feature[]): SchemaElement[] => [
  { name: 'root', num_children: columns.length },
  ...columns.flatMap(column => elementsOf(column.name, column)),
]

/** Limits of a row group, which takes several times its text in memory. */
const groupRecords = 8192
const groupCharacters = 8 << 20

/**
 * Writes the conversations of a file of lines as Parquet, with one row group in memory at a time. The bytes depend only on
 * the records.
 */
export async function writeParquet(from: string, to: string, columns: readonly Feature[]): Promise<FileFacts> {
  // Loaded on demand, since few datasets need it.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
  const file = await ByteFile.create(to)
  try {
    const bytes = new ByteWriter(1 << 20)
    const parquet = new ParquetWriter({ writer: bytes, schema: parquetSchema(columns), createdBy: 'steerflow' })
    let records = 0
    const write = async (): Promise<void> => {
      await file.append(bytes.getBytes())
      bytes.index = 0
    }
    for await (const group of groupsOf(from)) {
      const rows = group.map(line => typedRow(Conversation.parse(JSON.parse(line)), columns))
      records += rows.length
      const columnData = columns.map(({ name }) => ({ name, data: rows.map(row => row[name] as Cell) }))
      await parquet.write({ columnData, rowGroupSize: rows.length })
      await write()
    }
    await parquet.finish()
    await write()
    return { records, ...(await file.finish()) }
  } finally {
    await file.close()
  }
}

/** The lines of a file in groups; none for an empty file. */
async function* groupsOf(path: string): AsyncIterable<readonly string[]> {
  let group: string[] = []
  let characters = 0
  for await (const batch of fileLines(path)) {
    for (const line of batch) {
      group.push(line)
      characters += line.length
      if (group.length < groupRecords && characters < groupCharacters) continue
      yield group
      group = []
      characters = 0
    }
  }
  if (group.length > 0) yield group
}
