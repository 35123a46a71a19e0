import { lstat, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { isPathBelow } from '../../domain/names.js'

/**
 * A path below a root, from untrusted records, files or systems. Every path from data is built here.
 * @throws STEERFLOW_PATH_OUTSIDE if it would lead out of the root, or is not a plain path
 */
export function below(root: string, ...parts: readonly string[]): string {
  return join(root, checked(parts.join('/'), root))
}

/**
 * Returns the path if it stays below any root, which may also be a bucket.
 * @throws STEERFLOW_PATH_OUTSIDE
 */
export function checked(path: string, place: string): string {
  if (isPathBelow(path)) return path
  throw outside(path, `is not a path below ${place}`)
}

/**
 * Like `below`, for a path to write or remove: no link on the way may lead out. The first folder below the root may be a
 * link, since operators put such folders on other disks; everything below it must stay inside.
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
      throw outside(path, `leads out of ${fence} through the link ${at}`)
    }
  }
  return path
}

function nullIfMissing(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  throw error
}

/** Enough characters to recognise the path. */
const shownCharacters = 200

const outside = (path: string, why: string): SteerflowError =>
  new SteerflowError('STEERFLOW_PATH_OUTSIDE', `${JSON.stringify(path.slice(0, shownCharacters))} ${why}`)
