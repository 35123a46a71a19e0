import { z } from 'zod'

/**
 * Names and paths that come from records, files and other systems. They become folders, objects of a bucket and arguments of
 * commands, so that they are held to what is harmless as all of these. The checks are no part of the published schemas,
 * which may not become narrower.
 */

/** Bytes of the longest name that file systems take. */
const longestName = 255
/** Bytes of the longest path that systems take. */
const longestPath = 4096

/** Whether a text is a name: ASCII letters, digits, dots, dashes and underscores, not beginning with a dot or dash. */
export const isName = (text: string, longest = longestName): boolean =>
  text.length <= longest && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text)

/** Control characters, invisible ones, halves of surrogates, line separators, and what Windows takes for a slash. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\\]/u

const utf8 = new TextEncoder()
const bytesOf = (text: string): number => utf8.encode(text).byteLength

const isSegment = (text: string): boolean =>
  text !== '' && text !== '.' && text !== '..' && !text.startsWith('-') && bytesOf(text) <= longestName

/** Whether a text is a path below some folder, with slashes, wherever that folder is. */
export const isPathBelow = (text: string): boolean =>
  text.length <= longestPath && !hidden.test(text) && text.split('/').every(isSegment)

/** Whether a text tells of a place that is none of our data folder's: a URI or an absolute path. It is never opened. */
export const isElsewhere = (text: string): boolean =>
  text.length <= longestPath && !hidden.test(text) && /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(text)

/** Of a job, trainer, snapshot: a name that is also a folder's. */
export const FolderName = z
  .string()
  .refine(text => isName(text), 'expected a name: letters, digits, dots, dashes, underscores, at most 255')

/** A path below the storage root. */
export const PathBelow = z.string().refine(isPathBelow, 'expected a path below the storage root, without . and ..')

/** Where a model lies: below the storage root, elsewhere, or unknown (empty). */
export const ModelPlace = z
  .string()
  .refine(
    text => text === '' || isPathBelow(text) || isElsewhere(text),
    'expected a path below the storage root without . and .., or a URI',
  )

/** An id that another system gave: it is an argument of commands, and no option. */
export const ForeignId = z
  .string()
  .refine(text => !hidden.test(text) && !text.startsWith('-'), 'expected an id that does not begin with a dash')
