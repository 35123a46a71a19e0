import type { z } from 'zod'
import { SteerflowError } from './errors.js'

/** The error of an invalid source record, with the place: `prompt.replies[2].text: a text is required`. */
export const sourceInvalid = (path: string, problem: string, cause?: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_SOURCE_INVALID', path === '' ? problem : `${path}: ${problem}`, { cause })

/**
 * Parses a source record by its schema.
 * @throws STEERFLOW_SOURCE_INVALID with the path of the first fault.
 */
export function parseSource<S extends z.ZodType>(schema: S, record: unknown): z.output<S> {
  const parsed = schema.safeParse(record)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw sourceInvalid(pathText(issue?.path ?? []), issue?.message ?? 'invalid')
}

/** A path in the notation of JavaScript. */
const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')

/**
 * Requires a text that UTF-8 can express.
 * @throws STEERFLOW_SOURCE_INVALID for half of a surrogate pair, which JSON's escapes can smuggle in.
 */
export function wellFormed(text: string, path: () => string): string {
  if (text.isWellFormed()) return text
  throw sourceInvalid(path(), 'half of a surrogate pair, which UTF-8 cannot express')
}
