import { type ParquetWriter } from 'hyparquet-writer'
import { type Feature, type FeatureType, type Scalar } from '../../domain/dataset/features.js'

export type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number]

const scalars: Readonly<Record<Scalar, Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  int64: { type: 'INT64' },
  float64: { type: 'DOUBLE' },
}

/** The elements of a column, itself first, in the order in which a Parquet file lists them. Everything may be null. */
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
