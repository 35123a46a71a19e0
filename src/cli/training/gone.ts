import { existsSync } from 'node:fs'
import { below } from '../../adapters/storage/below.js'
import { isPathBelow } from '../../domain/names.js'

/** Whether what a record cites below the data folder is not there any more. */
export const isGone = (root: string, path: string): boolean => isPathBelow(path) && !existsSync(below(root, path))

/** The same in words; null where it is there. */
export const goneWords = (root: string, path: string): string | null =>
  isGone(root, path) ? `${path} is not in ${root}: removed by its keep rule, or of another machine` : null
