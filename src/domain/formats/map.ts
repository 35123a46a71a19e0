import { z } from 'zod'
import { parsedOr } from './content.js'
import { type Fields, isFields } from './meaning.js'

/** What a source calls the keys and speakers that steerflow knows under other names. `-` leaves a key out. */
export const SourceMap = z
  .strictObject({
    keys: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('keys of a record or of its turns: source’s name to ours'),
    roles: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('speakers: source’s name to user, assistant or system'),
  })
  .meta({ title: 'SourceMap' })
export type SourceMap = z.output<typeof SourceMap>

export const isEmptyMap = ({ keys, roles }: SourceMap): boolean =>
  Object.keys(keys).length + Object.keys(roles).length === 0

/** A map that renames nothing. */
export const noMap: SourceMap = { keys: {}, roles: {} }

/**
 * Reads `KEY=NAME` and `role.SPEAKER=NAME`; `KEY=-` leaves a key out. Returns null for other text.
 */
export function mapEntry(text: string, { keys, roles }: SourceMap = noMap): SourceMap | null {
  const equals = text.lastIndexOf('=')
  const [from, to] = [text.slice(0, equals), text.slice(equals + 1)]
  if (equals < 1 || to === '') return null
  if (!from.startsWith('role.')) return { keys: { ...keys, [from]: to }, roles }
  return from.length === 'role.'.length ? null : { keys, roles: { ...roles, [from.slice('role.'.length)]: to } }
}

const lists = ['messages', 'conversations', 'conversation'] as const

/**
 * The record with our names for its keys and speakers. A key may be a path (`data.turns`), which is then read from there.
 * Keys are renamed in the record, in its request, and in the entries of its lists.
 */
export function mapped(record: Fields, map: SourceMap | undefined): Fields {
  if (map === undefined || isEmptyMap(map)) return record
  const renamed: Record<string, unknown> = { ...renamedKeys(record, map) }
  for (const [from, to] of Object.entries(map.keys)) {
    if (!from.includes('.') || Object.hasOwn(record, from)) continue
    const found = from
      .split('.')
      .reduce<unknown>((at, key) => (isFields(at) && Object.hasOwn(at, key) ? at[key] : undefined), record)
    if (found === undefined) continue
    if (to !== '-') renamed[to] = found
  }
  for (const key of lists) {
    const list = parsedOr(renamed[key])
    if (Array.isArray(list))
      renamed[key] = list.map((entry: unknown) => (isFields(entry) ? mappedEntry(entry, map) : entry))
  }
  return renamed
}

function mappedEntry(entry: Fields, map: SourceMap): Fields {
  const renamed = renamedKeys(entry, map)
  const key = ['role', 'from', 'speaker'].find(one => typeof renamed[one] === 'string')
  const name = key === undefined ? undefined : (renamed[key] as string)
  return name !== undefined && Object.hasOwn(map.roles, name) ? { ...renamed, [key!]: map.roles[name] } : renamed
}

function renamedKeys(fields: Fields, { keys }: SourceMap): Fields {
  const entries = Object.entries(fields).flatMap(([key, value]) => {
    const to = Object.hasOwn(keys, key) ? keys[key]! : key
    return to === '-' ? [] : [[to, value] as const]
  })
  return Object.fromEntries(entries)
}
