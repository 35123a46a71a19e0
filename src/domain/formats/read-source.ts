import type { FanoutBounds } from '../fanout.js'
import { parsedOr } from './content.js'
import type { ReadHow, SourceConversation, SourceFormat } from './format.js'
import { type Fields, lessonKeys, lessonOf, notRead, saysNothing } from './meaning.js'

/** The record with the lists and objects that a format's keys hold as JSON text. */
export function withoutJsonTexts(record: Fields, { jsonTexts = [] }: Pick<SourceFormat, 'jsonTexts'>): Fields {
  const read = jsonTexts.flatMap(key => {
    const parsed = parsedOr(record[key])
    return parsed === record[key] ? [] : [[key, parsed] as const]
  })
  return read.length === 0 ? record : { ...record, ...Object.fromEntries(read) }
}

/**
 * The conversations of a record, in the given format. Keys that carry meaning are read, or the record is refused.
 * @throws STEERFLOW_SOURCE_INVALID with the path of the fault, or the key that is not read; STEERFLOW_FANOUT
 */
export function readSource(
  format: SourceFormat,
  given: Fields,
  bounds: FanoutBounds,
  how: ReadHow,
): SourceConversation[] {
  const record = withoutJsonTexts(given, format)
  const present = (format.refuses ?? []).filter(key => Object.hasOwn(record, key) && !saysNothing(record[key]))
  const strange = present.find(key => !lessonKeys.includes(key) && typeof record[key] !== 'string')
  if (strange !== undefined) throw notRead(strange, strange, format.name)
  const lessons = present.filter(key => lessonKeys.includes(key))
  if (lessonOf(Object.fromEntries(lessons.map(key => [key, record[key]])), '') === false) {
    how.leave('not-to-learn', `${lessons.join(', ')} of the record`)
    return []
  }
  const read = format.read(record, bounds, how)
  for (const key of present) {
    if (!lessonKeys.includes(key) && !isSaid(record[key], read)) throw notRead(key, key, format.name)
  }
  return read
}

/** Whether a text beside a thread only repeats what one of its turns, or its system prompt, says. */
const isSaid = (text: unknown, read: readonly SourceConversation[]): boolean =>
  typeof text === 'string' &&
  read.length > 0 &&
  read.every(({ turns, system }) => system === text || turns.some(({ value }) => value.trim() === text.trim()))
