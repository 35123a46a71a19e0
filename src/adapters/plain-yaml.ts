import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'

/**
 * A text as YAML (and so as JSON), read without the words of the reader: they quote the line, and a secret may stand in it.
 * @throws STEERFLOW_CONFIG_INVALID with the place, without the text.
 */
export function readYaml(name: string, text: string): unknown {
  const document = documentOf(name, text)
  const [error] = document.errors
  if (!error) {
    try {
      return document.toJS() as unknown
    } catch (error) {
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name}: ${misread(error)}`)
    }
  }
  const before = text.slice(0, error.pos[0]).split('\n')
  const where = `line ${before.length}, column ${before.at(-1)!.length + 1}`
  const what = error.code.toLowerCase().replaceAll('_', ' ')
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name} is not YAML: ${where}: ${what}`)
}

/** @throws STEERFLOW_CONFIG_INVALID where the reader gives up. */
function documentOf(name: string, text: string): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { prettyErrors: false })
  } catch (error) {
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${name}: ${misread(error)}`)
  }
}

/** Why a text that is spelled as YAML has no value, without the text. */
function misread(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deep'
  if (error instanceof Error && /excessive alias/i.test(error.message)) {
    return 'its aliases (*name) stand for more values than a configuration has'
  }
  return 'it is not YAML: an alias without its anchor'
}

/** What to tell of a value that does not fit its schema. */
export interface Complaint {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

interface Deepest extends Complaint {
  /** A rule of a form as a whole was broken: then the form itself is the one that was meant. */
  readonly rule: boolean
}

/**
 * The complaint to show. Where several forms are possible, the one that was meant is the one that fits farthest: its
 * complaint lies deepest, or is the only one that knows the keys. It holds no value.
 */
export const complaintOf = (error: z.ZodError): Complaint => deepest(error.issues)

function deepest(issues: readonly z.core.$ZodIssue[]): Deepest {
  const [issue] = issues
  if (issue === undefined) return { path: [], message: 'invalid', rule: false }
  const { path, message, code } = issue
  if (code !== 'invalid_union') return { path, message, rule: code === 'custom' }
  const [best] = issue.errors
    .map(deepest)
    .sort((a, b) => b.path.length - a.path.length || Number(b.rule) - Number(a.rule))
  if (best === undefined || (best.path.length === 0 && !best.rule)) return { path, message, rule: false }
  return { path: [...path, ...best.path], message: best.message, rule: best.rule }
}
