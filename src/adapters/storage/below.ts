import { lstat, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { isPathBelow } from '../../domain/names.js'

/**
 * A path below a root, from what records, files or other systems say: every path that is built from data is built here.
 * @throws STEERFLOW_PATH_OUTSIDE when it would lead out of the root, or is no harmless path at all
 */
export function below(root: string, ...parts: readonly string[]): string {
  return join(root, checked(parts.join('/'), root))
}

/**
 * The path itself, where it lies below whatever root it is taken from: the root may be a bucket.
 * @throws STEERFLOW_PATH_OUTSIDE
 */
export function checked(path: string, place: string): string {
  if (isPathBelow(path)) return path
  throw outside(path, `is no path below ${place}`)
}

/**
 * The same of what is to be written or removed: no link on the way leads out. The first folder below the root may be a link,
 * since operators put one on another disk; what lies below it stays there.
 * @throws STEERFLOW_PATH_OUTSIDE; errors of the file system
 */
export async function solidBelow(root: string, ...parts: readonly string[]): Promise<string> {
  const path = below(root, ...parts)
  const [first, ...rest] = parts.join('/').split('/')
  let at = join(root, first!)
  const fence = await realpath(at).catch(nullIfMissing)
  if (fence === null) return path
  for (const name of rest) {
    at = join(at, name)
    const found = await lstat(at).catch(nullIfMissing)
    if (found === null) return path
    if (!found.isSymbolicLink()) continue
    const target = await realpath(at).catch(nullIfMissing)
    if (target === null || !`${target}${sep}`.startsWith(`${fence}${sep}`)) {
      throw outside(path, `leads over the link ${at} out of ${fence}`)
    }
  }
  return path
}

function nullIfMissing(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  throw error
}

/** Long enough to be recognised. */
const shownCharacters = 200

const outside = (path: string, why: string): SteerflowError =>
  new SteerflowError('STEERFLOW_PATH_OUTSIDE', `${JSON.stringify(path.slice(0, shownCharacters))} ${why}`)
