import { z } from 'zod'

/**
 * Names and paths that come from records, files and other systems. They become folders, objects of a bucket and arguments of
 * commands, so they are restricted to what is harmless as all of these. The published schemas do not contain the checks,
 * because they must not become narrower.
 */
/** The longest name that file systems accept, in bytes. */
const longestName = 255
/** The longest path that systems accept, in bytes. */
const longestPath = 4096

/** Whether a text is a name: ASCII letters, digits, dots, dashes and underscores, not beginning with a dot or dash. */
export const isName = (text: string, longest = longestName): boolean =>
  text.length <= longest && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text)

/** Whether a text is a name of a node or of a part of a flow: small letters, digits and dashes, beginning with a letter. */
export const isPartName = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text)

/** Control and invisible characters, lone surrogates, line separators, and the backslash, which Windows reads as a slash. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\\]/u

const utf8 = new TextEncoder()
const bytesOf = (text: string): number => utf8.encode(text).byteLength

const isSegment = (text: string): boolean =>
  text !== '' && text !== '.' && text !== '..' && !text.startsWith('-') && bytesOf(text) <= longestName

/** Whether a text is a path, with slashes, below some folder. */
export const isPathBelow = (text: string): boolean =>
  text.length <= longestPath && !hidden.test(text) && text.split('/').every(isSegment)

/** Whether a text names a place outside our data folder: a URI or an absolute path. It is never opened. */
export const isElsewhere = (text: string): boolean =>
  text.length <= longestPath && !hidden.test(text) && /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(text)

/** The name of a job, trainer or snapshot, which is also the name of a folder. */
export const FolderName = z
  .string()
  .refine(text => isName(text), 'expected a name: letters, digits, dots, dashes, underscores, at most 255')

/** A path below the storage root. */
export const PathBelow = z.string().refine(isPathBelow, 'expected a path below the storage root, without . and ..')

/** The place of a model: below the storage root, elsewhere, or unknown (empty). */
export const ModelPlace = z
  .string()
  .refine(
    text => text === '' || isPathBelow(text) || isElsewhere(text),
    'expected a path below the storage root without . and .., or a URI',
  )

/** An id from another system. It becomes an argument of commands and must not look like an option. */
export const ForeignId = z
  .string()
  .refine(text => !hidden.test(text) && !text.startsWith('-'), 'expected an id that does not begin with a dash')
