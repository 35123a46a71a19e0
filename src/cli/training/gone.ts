import { existsSync } from 'node:fs'
import { below } from '../../adapters/storage/below.js'
import { isPathBelow } from '../../domain/names.js'

/** True if a path in a record, relative to the data folder, no longer exists. */
export const isGone = (root: string, path: string): boolean => isPathBelow(path) && !existsSync(below(root, path))

/** `isGone` as text; null if the path exists. */
export const goneWords = (root: string, path: string): string | null =>
  isGone(root, path) ? `${path} is not in ${root}: removed by its keep rule, or on another machine` : null
