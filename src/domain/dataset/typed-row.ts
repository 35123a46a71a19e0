import type { Conversation, Turn } from '../conversation.js'
import { hasScores, parseLabel } from '../label-line.js'
import type { Feature, FeatureType } from './features.js'

/** A value in a typed column: integers are bigints, missing values are null. */
export type Cell = string | number | bigint | null | readonly Cell[] | { readonly [name: string]: Cell }

/** The cell of a JSON value. Keys that the type does not name are left out; named keys that are missing become null. */
function cellOf(value: unknown, type: FeatureType): Cell {
  if (value === null || value === undefined) return null
  if ('dtype' in type) return scalar(value, type.dtype)
  if ('struct' in type) return structOf(value as Readonly<Record<string, unknown>>, type.struct)
  const { list } = type
  const items = value as readonly unknown[]
  if (typeof list === 'string') return items.map(item => (item === null ? null : scalar(item, list)))
  return items.map(item => (item === null ? null : structOf(item as Readonly<Record<string, unknown>>, list)))
}

const scalar = (value: unknown, dtype: 'string' | 'int64' | 'float64'): Cell =>
  dtype === 'int64' ? BigInt(value as number) : dtype === 'float64' ? Number(value) : String(value)

const structOf = (value: Readonly<Record<string, unknown>>, columns: readonly Feature[]): Cell =>
  Object.fromEntries(columns.map(column => [column.name, cellOf(value[column.name], column)]))

/** The label of a turn by key; null if it has none. */
const labelOf = ({ label }: Turn): Readonly<Record<string, unknown>> | null => {
  if (!hasScores(label)) return null
  const { scores, lang } = parseLabel(label)
  return { ...scores, lang }
}

/** A conversation as a row of these columns; `labels` is read from the label lines. */
export const typedRow = (record: Conversation, columns: readonly Feature[]): Readonly<Record<string, Cell>> =>
  structOf({ ...record, labels: record.conversations.map(labelOf) }, columns) as Readonly<Record<string, Cell>>
